import { authorOfDid, DAG_CBOR, DocstoreError, MEMBER_ROLES, type MemberRole, parseCid, type Replica, timeFromMs } from '@p2p-docstore/core'
import { isoTime } from '../iso-time.ts'

/** A role that somebody has, or had, in a namespace. */
export interface MemberInfo {
  /** Id of the person, or the `did:key` of an identity that signs for no person. */
  readonly who: string
  readonly role: MemberRole
  /** ISO time. */
  readonly from: string
  /** ISO time from which it does not hold any more. */
  readonly until?: string
  /** Whether nothing counts that it ever allowed. */
  readonly removed?: true
  /** The one collection in which it holds. */
  readonly collection?: string
}

/** Who has, or had, which role, in the order of their ids. */
export async function membersOf(replica: Replica, namespace: string): Promise<readonly MemberInfo[]> {
  return (await replica.members(namespace)).map(({ who, role, from, until, void: isVoid, collection }) => ({
    who,
    role,
    from: isoTime(from),
    ...(until === undefined ? {} : { until: isoTime(until) }),
    ...(isVoid === true ? { removed: true } : {}),
    ...(collection === undefined ? {} : { collection }),
  }))
}

/** What can be said of a role that is given. */
export interface GrantOptions {
  /** The one collection in which it holds; all without it. */
  readonly collection?: string
  /** When it begins: a `Date`, Unix milliseconds, or ISO text; now without it. Earlier than now, it allows what they wrote since then, too. */
  readonly from?: GrantTime
  /** When it ends. What is written until then stands. */
  readonly until?: GrantTime
}

/** A `Date`, Unix milliseconds, or ISO text. */
type GrantTime = Date | number | string

/** A change of a namespace, as the one who made it dates it. */
export type PastChange = {
  /** ISO time. */
  readonly at: string
  /** Id of the person who made it, or the `did:key` of an identity that signs for no person. */
  readonly by: string
  /** `did:key` of their device. */
  readonly key: string
  /** Whether it counts: false for what somebody did who might not, or whose right to it was taken away since. */
  readonly counts: boolean
} & (
  | { readonly type: 'head'; readonly epoch: number; readonly seq: number; readonly title: string; readonly changed: readonly string[] }
  | {
      readonly type: 'grant'
      readonly who: string
      readonly role: MemberRole
      readonly from: string
      readonly until?: string
      readonly collection?: string
    }
  | { readonly type: 'revoke'; readonly who: string; readonly until: string; readonly removeAll: boolean }
  | { readonly type: 'remove'; readonly records: number }
)

/** Who changed what of a namespace and its roles, the oldest first. */
export async function changesOf(replica: Replica, namespace: string): Promise<readonly PastChange[]> {
  return (await replica.namespaceHistory(namespace)).map(({ by, key, at, counts, ...event }): PastChange => {
    const common = { at: isoTime(at), by, key, counts }
    switch (event.type) {
      case 'head':
      case 'remove':
        return { ...common, ...event }
      case 'dismiss':
        return { ...common, type: 'revoke', who: event.who, until: isoTime(event.until), removeAll: event.isVoid }
      case 'grant': {
        const { from, until, ...rest } = event
        return { ...common, ...rest, from: isoTime(from), ...(until === undefined ? {} : { until: isoTime(until) }) }
      }
    }
  })
}

/** A time that somebody gave, as hybrid time. Throws `bad-option`. */
export function timeOf(name: 'from' | 'until' | 'since', given: GrantTime): number {
  const ms = typeof given === 'number' ? given : given instanceof Date ? given.getTime() : Date.parse(given)
  const time = timeFromMs(ms)
  if (Number.isSafeInteger(time) && time >= 0) return time
  throw new DocstoreError('bad-option', `${name} is a Date, Unix milliseconds, or ISO text such as 2030-01-31T12:00:00Z, from 2025 on`)
}

/** Gives somebody a role, from now on unless it says otherwise. Throws `bad-identity`, `bad-option`, `not-allowed`, `unsupported-policy`, `unknown-namespace`. */
export async function grantRole(
  replica: Replica,
  namespace: string,
  { who, role, collection, ...times }: GrantOptions & { readonly who: string; readonly role: MemberRole },
): Promise<void> {
  if (!MEMBER_ROLES.includes(role)) throw new DocstoreError('bad-option', `There is no role ${JSON.stringify(role)}. Use ${MEMBER_ROLES.join(', ')}`)
  if (role === 'manage' && collection !== undefined) throw new DocstoreError('bad-option', 'Whoever manages does so in all collections')
  const now = timeFromMs(Date.now())
  const from = times.from === undefined ? now : timeOf('from', times.from)
  const until = times.until === undefined ? undefined : timeOf('until', times.until)
  if (until !== undefined && until <= now) throw new DocstoreError('bad-option', 'A role ends in the future: until lies in the past')
  if (until !== undefined && until <= from) throw new DocstoreError('bad-option', 'A role ends after it begins: until lies before from')
  const limits = { ...(until === undefined ? {} : { until }), ...(collection === undefined ? {} : { collection }) }
  await replica.changeRoles(namespace, { type: 'grant', to: principal(who), role, from, ...limits })
}

/** What can be said of roles that are taken away. */
export interface RevokeRolesOptions {
  /** Nothing stands that these roles allowed; without it what was written until now does. */
  readonly removeAll?: boolean
  /** The one role that is taken away; all of them without it. Not with `removeAll`: what the others allowed goes with it. */
  readonly role?: MemberRole
  /** With `role`: the one that holds in this collection alone; without it the one that holds in all. */
  readonly collection?: string
}

/**
 * Takes roles of somebody away, from now on: what was written until now stands, unless `removeAll`, after which nothing does that the roles allowed. Throws as
 * `grantRole`, and `bad-option` where nobody has such a role.
 */
export async function revokeRoles(
  replica: Replica,
  namespace: string,
  { who, role, collection, removeAll = false }: RevokeRolesOptions & { readonly who: string },
): Promise<void> {
  const to = principal(who)
  if (role === undefined && collection !== undefined) throw new DocstoreError('bad-option', 'Say which role in that collection: role is missing')
  if (role !== undefined && removeAll) throw new DocstoreError('bad-option', 'What roles allowed is removed with all roles alone: leave role out')
  const kept = role === undefined ? [] : await rolesBeside(replica, namespace, { who, role, collection })
  // All end with a dismissal. In the same step the others are given as they were, from when they were: so nothing is lost that they allow.
  const grants = kept.map(({ role, from, until, collection }) => ({
    type: 'grant' as const,
    to,
    role,
    from,
    ...(until === undefined ? {} : { until }),
    ...(collection === undefined ? {} : { collection }),
  }))
  // One that was given twice is given once.
  const given = [...new Map(grants.map((grant) => [JSON.stringify({ ...grant, to: who }), grant])).values()]
  const dismissal = { type: 'dismiss' as const, who: to, until: await replica.cutTime(), ...(removeAll ? { void: true as const } : {}) }
  await replica.changeRoles(namespace, dismissal, ...given)
}

type HeldRole = Awaited<ReturnType<Replica['members']>>[number]

/** The other roles of whoever has this one, without those that have ended. */
async function rolesBeside(
  replica: Replica,
  namespace: string,
  { who, role, collection }: { readonly who: string; readonly role: MemberRole; readonly collection: string | undefined },
): Promise<readonly HeldRole[]> {
  const now = timeFromMs(Date.now())
  const isHeld = ({ until, void: isVoid }: HeldRole): boolean => isVoid !== true && (until === undefined || until > now)
  const roles = (await replica.members(namespace)).filter((one) => one.who === who && isHeld(one))
  const isIt = (one: HeldRole): boolean => one.role === role && one.collection === collection
  if (!roles.some(isIt))
    throw new DocstoreError('bad-option', `${who} has no role ${role}${collection === undefined ? '' : ` in ${collection}`} there`)
  const kept = roles.filter((one) => !isIt(one))
  const me = await replica.info()
  const owner = (await replica.namespace(namespace))?.owner
  if (kept.some((one) => one.role === 'manage') && owner !== (me.person ?? me.identity))
    throw new DocstoreError('not-allowed', 'Only the owner can take away one role of somebody who manages: the others have to be given anew')
  return kept
}

function principal(who: string): Uint8Array {
  const bytes = authorOfDid(who) ?? parseCid(DAG_CBOR, who)?.multihash.digest
  if (bytes !== undefined) return bytes
  throw new DocstoreError(
    'bad-identity',
    `${JSON.stringify(who.slice(0, 80))} is nobody's id. A person's begins with bafyrei, as \`docstore person show\` has it, an identity's with did:key:z6Mk`,
  )
}
