import { toHex } from '../../../model/bytes.ts'
import type { SignedAct } from '../../../model/people/act.ts'

/** Tells some acts, such as those that nobody takes yet as their time lies in the future, from others. */
type IsOne = (act: SignedAct) => boolean

/** Of acts, each after its parents, those on which a new one can stand: it would wait with what lies ahead, and with what follows that. */
export function settledActs(acts: readonly SignedAct[], isAhead: IsOne): readonly SignedAct[] {
  const ahead = new Set<string>()
  return acts.filter((act) => {
    if (!isAhead(act) && !named(act).some((hash) => ahead.has(hash))) return true
    ahead.add(toHex(act.hash))
    return false
  })
}

/** Of acts, each after its parents, those that lie ahead and that nothing else here follows: what does shows that others have them. */
export function withdrawableActs(acts: readonly SignedAct[], isAhead: IsOne): readonly SignedAct[] {
  const followed = new Set<string>()
  return acts
    .toReversed()
    .filter((act) => {
      if (isAhead(act) && !followed.has(toHex(act.hash))) return true
      for (const hash of named(act)) followed.add(hash)
      return false
    })
    .toReversed()
}

/** Whether one of some acts, in the order in which they came here, says something of the same as this one, and came later. */
export function saidAgain(act: SignedAct, acts: readonly SignedAct[], isSome: IsOne): boolean {
  const about = aboutOf(act)
  const place = acts.indexOf(act)
  return about !== undefined && acts.some((one, i) => i > place && isSome(one) && aboutOf(one) === about)
}

function aboutOf({ act: { do: content } }: SignedAct): string | undefined {
  switch (content.type) {
    case 'grant':
      return `role ${toHex(content.to)}`
    case 'dismiss':
      return `role ${toHex(content.who)}`
    case 'add':
    case 'revoke':
    case 'label':
      return `${content.type} ${toHex(content.key)}`
    default:
      return undefined
  }
}

function named({ act: { parents, via } }: SignedAct): readonly string[] {
  return [...parents, ...(via === undefined ? [] : [via])].map(toHex)
}
