import { toHex } from '../../../model/bytes.ts'
import { MAX_REMOVED_RECORDS } from '../../../model/limits.ts'
import type { RoleAct } from '../../../model/people/act-content.ts'
import type { HeldRole, RolesState } from '../../../model/people/roles-state.ts'

/**
 * What has to be said of roles before a device is void, so that they are afterwards what they were: all that it ever said of them is void, too, and members who have their roles by that would
 * lose them, and all that they wrote.
 */
export function adoptedRoles(before: RolesState, after: RolesState, { isOwner }: { readonly isOwner: boolean }): readonly RoleAct[] {
  const acts: RoleAct[] = []
  const rolesAfter = new Map(after.members.map(({ who, roles }) => [toHex(who), roles]))
  const members = new Map([...after.members.map(({ who }) => ({ who, roles: [] })), ...before.members].map((one) => [toHex(one.who), one]))
  for (const [hex, { who, roles }] of members) {
    const had = textsOf(roles)
    const have = textsOf(rolesAfter.get(hex) ?? [])
    // Taken away once: all of them end, and what is left of them is given anew, which of a manager only the owner can.
    const isTaken = [...have.keys()].some((text) => !had.has(text)) && (isOwner || !roles.some(({ role }) => role === 'manage'))
    if (isTaken) acts.push({ type: 'dismiss', who, until: 0, void: true })
    acts.push(...grantsOf(who, roles, isTaken ? [] : (rolesAfter.get(hex) ?? [])))
  }
  const hashes = [...before.removals].filter((one) => !after.removals.has(one)).map((one) => bytesOf(one.slice(0, one.indexOf('/'))))
  for (let i = 0; i < hashes.length; i += MAX_REMOVED_RECORDS) acts.push({ type: 'remove', records: hashes.slice(i, i + MAX_REMOVED_RECORDS) })
  return acts
}

/** Acts that give somebody those of some roles which they do not have, as they were. */
export function grantsOf(who: Uint8Array, roles: readonly HeldRole[], held: readonly HeldRole[]): readonly RoleAct[] {
  const have = textsOf(held)
  return [...textsOf(roles)].flatMap(([text, { role, from, until, collection }]): readonly RoleAct[] => {
    if (have.has(text) || (until !== undefined && until < from)) return []
    const limits = { ...(until === undefined ? {} : { until }), ...(collection === undefined ? {} : { collection }) }
    return [{ type: 'grant', to: who, role, from, ...limits }]
  })
}

/** Roles that allow something, or did, each once. */
function textsOf(roles: readonly HeldRole[]): ReadonlyMap<string, HeldRole> {
  const standing = roles.filter(({ void: isVoid }) => isVoid !== true)
  return new Map(standing.map((held) => [JSON.stringify([held.role, held.from, held.until ?? null, held.collection ?? null]), held]))
}

function bytesOf(hex: string): Uint8Array {
  return Uint8Array.from({ length: hex.length / 2 }, (_, i) => Number.parseInt(hex.slice(2 * i, 2 * i + 2), 16))
}
