import { toHex } from '../../../model/bytes.ts'
import type { Member, RolesState } from '../../../model/people/roles-state.ts'
import { MAX_CONCERNED } from '../../limits.ts'

/** Whose records, and which, can be accepted otherwise than before. */
export interface Concerned {
  /** Digests of persons, and keys. */
  readonly persons: readonly Uint8Array[]
  /** Hexadecimal. */
  readonly hashes: readonly string[]
}

/** Those whose roles have changed, and records that are removed now; `undefined` where that is so many that all may be looked at. */
export function concernedBy(before: RolesState, now: RolesState, persons: Iterable<Uint8Array>): Concerned | undefined {
  const all = new Map([...persons].map((one) => [toHex(one), one]))
  const [had, have] = [rolesByMember(before.members), rolesByMember(now.members)]
  for (const { who } of [...before.members, ...now.members]) if (had.get(toHex(who)) !== have.get(toHex(who))) all.set(toHex(who), who)
  const removed = [...now.removals].filter((one) => !before.removals.has(one)).map((one) => one.slice(0, one.indexOf('/')))
  const hashes = [...new Set(removed)]
  return all.size + hashes.length > MAX_CONCERNED ? undefined : { persons: [...all.values()], hashes }
}

/** What the roles of each member allow, as texts that are equal where that is so. */
function rolesByMember(members: readonly Member[]): ReadonlyMap<string, string> {
  return new Map(members.map(({ who, roles }) => [toHex(who), JSON.stringify(roles.map(({ via: _via, ...role }) => role))]))
}
