import { compareBytes, equalBytes, toHex } from '../bytes.ts'
import { MAX_ACT_PARENTS } from '../limits.ts'
import type { SignedAct } from './act.ts'

/** Who is ended, and by whom. */
export interface Ending {
  /** Of whom nothing counts any more. */
  readonly key: Uint8Array
  /** The device on which that is said: whatever revoked it is left out. */
  readonly own: Uint8Array
  /** Hybrid time: other revocations of before are left to stand. */
  readonly since: number
  /** Hashes of acts without which the new one would not count. */
  readonly needed: readonly Uint8Array[]
}

/**
 * Parents for the act that ends a device which was stolen: all that counts but what that device revoked, and what lies behind that. So these revocations do not count
 * any more, as if the thief had not been faster, and devices that they ended act again. `acts` are all of the log, each after its parents; `standing` are hashes of those that count, hexadecimal.
 */
export function parentsWithout(
  acts: readonly SignedAct[],
  standing: ReadonlySet<string>,
  { key, own, since, needed }: Ending,
): readonly Uint8Array[] {
  const kept = ancestors(acts, needed)
  const left = new Set<string>()
  for (const { act, hash } of acts) {
    const hex = toHex(hash)
    if (kept.has(hex)) continue
    const { do: content, by, at, parents } = act
    const isUndone =
      content.type === 'revoke' &&
      standing.has(hex) &&
      equalBytes(by, key) &&
      !equalBytes(content.key, key) &&
      (equalBytes(content.key, own) || at >= since)
    if (isUndone || parents.some((parent) => left.has(toHex(parent)))) left.add(hex)
  }
  const counting = acts.filter(({ hash }) => standing.has(toHex(hash)) && !left.has(toHex(hash)))
  const covered = ancestors(
    acts,
    counting.flatMap(({ act }) => act.parents),
  )
  const parents = counting.filter(({ hash }) => !covered.has(toHex(hash))).map(({ hash }) => hash)
  return parents.toSorted(compareBytes).slice(0, MAX_ACT_PARENTS)
}

/** Hexadecimal hashes of some acts and of those that lie before them. */
function ancestors(acts: readonly SignedAct[], hashes: readonly Uint8Array[]): ReadonlySet<string> {
  const found = new Set(hashes.map(toHex))
  for (const { act, hash } of acts.toReversed()) if (found.has(toHex(hash))) for (const parent of act.parents) found.add(toHex(parent))
  return found
}
