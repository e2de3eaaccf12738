import type { Namespace } from 'p2p-docstore'

/** A role that somebody has, or had. */
export type Member = Awaited<ReturnType<Namespace['members']>>[number]
export type Role = Member['role']

/** What can be given, in the words of the page. `read` asks for nothing that others may not. */
export const ROLES: readonly { readonly role: Role; readonly name: string }[] = [
  { role: 'write', name: 'may write' },
  { role: 'moderate', name: 'may write, and remove what others wrote' },
  { role: 'manage', name: 'may do that, and give and take roles' },
]

/** Whether it is not over; it may begin later. */
export function holds({ until, removed }: Pick<Member, 'until' | 'removed'>): boolean {
  return removed !== true && (until === undefined || Date.parse(until) > Date.now())
}

/** What somebody may where, and when. */
export function roleText(role: Pick<Member, 'role' | 'collection' | 'from' | 'until' | 'removed'>): string {
  const { from, until, collection } = role
  const name = ROLES.find((one) => one.role === role.role)?.name ?? 'may read'
  return [
    name,
    collection === undefined ? [] : `in “${collection}”`,
    Date.parse(from) > Date.now() ? `from ${timeText(from)}` : [],
    until === undefined ? [] : `until ${timeText(until)}`,
    role.removed === true ? 'removed with all that it allowed' : [],
  ]
    .flat()
    .join(', ')
}

/** Whom roles belong to, each with their own, which are named once however often they were given: one that ended and was given anew as it was goes on. */
export function membersByPerson(members: readonly Member[]): readonly { readonly who: string; readonly roles: readonly Member[] }[] {
  const people = new Map<string, Map<string, Member>>()
  for (const member of members) {
    const roles = people.get(member.who) ?? new Map<string, Member>()
    people.set(member.who, roles)
    if (!members.some((other) => goesOn(member, other))) roles.set(roleText(member), member)
  }
  return [...people].map(([who, roles]) => ({ who, roles: [...roles.values()] }))
}

/** Whether a role that has ended is held again, as if it had not. */
function goesOn(ended: Member, other: Member): boolean {
  const isSame = other.who === ended.who && other.role === ended.role && other.collection === ended.collection
  return isSame && ended.removed !== true && !holds(ended) && holds(other) && other.from <= ended.from
}

function timeText(iso: string): string {
  return new Date(iso).toLocaleString()
}
