import { compareBytes, equalBytes, toHex } from '../bytes.ts'
import { ByteNumbers, BytesMap } from '../bytes-map.ts'
import { equalCids } from '../encoding/cid.ts'
import type { ActingDevices, DecodedGenesis } from '../namespace/namespace.ts'
import type { Act, SignedAct } from './act.ts'
import { ActGraph } from './act-graph.ts'
import { MEMBER_ROLES, type MemberRole } from './act-content.ts'
import { keyOf, PERSON_BYTES, personOf, principalOf } from './author.ts'
import { grownFacts, type LogFacts, logFacts, type LogTips, tipsOf } from './log-facts.ts'
import { growStanding, type LogRules, type Standing, standingActs } from './standing.ts'

/** A role that somebody has, or had. */
export interface HeldRole {
  readonly role: MemberRole
  /** Hybrid times between which it holds, both included. */
  readonly from: number
  readonly until?: number
  /** Whether it was taken away with all that it ever allowed. */
  readonly void?: true
  /** The one collection in which it holds; all where it names none. */
  readonly collection?: string
  /** Hash of the act that granted it, for `via` of what the member does with it. */
  readonly via: Uint8Array
}

/** Somebody with roles: a person's digest, or a key. */
export interface Member {
  readonly who: Uint8Array
  readonly roles: readonly HeldRole[]
}

/** Where somebody wants to do something. */
export interface RolePlace {
  /** Left out where a record does not tell it, as tombstones do not. */
  readonly collection?: string
  /** Whether nobody else's documents are touched. */
  readonly ownSlot?: true
  /** Whether it is what lies beneath the fields of a document of a map: that is older than all roles. */
  readonly isMapBase?: boolean
}

/** What the log of roles of a namespace says, as far as it and the logs of the persons in it are here. */
export interface RolesState extends LogFacts {
  /** By person or key. The owner is not among them. */
  readonly members: readonly Member[]
  /** Digests of the persons whom acts of the log name, rising: their logs say which of them count. */
  readonly persons: readonly Uint8Array[]
  /** Whether acts of the log name this person. */
  names(person: Uint8Array): boolean
  /** Whether somebody has a role at this hybrid time: `revoked` where it had ended by then. Whether the key acts for the person is another question. */
  may(by: Uint8Array, at: number, role: MemberRole, place: RolePlace): 'yes' | 'no-role' | 'revoked'
  /** Of each record that was removed its hash, hexadecimal, and behind a `/` the collection in which alone that is so. */
  readonly removals: ReadonlySet<string>
  /** Whether the record with this hash was removed by a moderator; `collection` where it tells it. */
  isRemoved(hash: Uint8Array, collection: string | undefined): boolean
}

type Rank = ReturnType<LogRules['rank']>

/** Gives what is known of persons. */
type Known = (digest: Uint8Array) => ActingDevices | undefined

/** What a state was made of: it grows with the log, from the last state that was made of it alone. */
interface Ground {
  readonly namespace: DecodedGenesis
  readonly graph: ActGraph
  readonly log: RolesLog
  readonly standing: Standing
  /** Those that count, by whom they dismiss. */
  readonly dismissals: BytesMap<number[]>
  readonly removed: BytesMap<ReadonlySet<string | undefined>>
}

/** What is known of a state beside what it says, so that it can be grown. */
interface Grown {
  readonly ground: Ground
  readonly tips: LogTips
  /** The one act by which it was grown, and what came of it: `undefined` where the whole log has to be looked at. */
  next?: { readonly hash: Uint8Array; readonly rank: Rank; readonly state: RolesState | undefined }
}

const grounds = new WeakMap<RolesState, Grown>()

/** The state of a namespace's log of roles. */
export function rolesState(namespace: DecodedGenesis, acts: Iterable<SignedAct>, people: Known): RolesState {
  const graph = ActGraph.of([...acts].filter(({ act }) => equalCids(act.log, namespace.cid)))
  const log = new RolesLog(graph, namespace.genesis.owner, people)
  const standing = standingActs(graph, log)
  const found = [...standing.counts.keys()].filter((i) => standing.counts[i] === 1)
  const dismissals = dismissalsIn(graph, found)
  const ground: Ground = { namespace, graph, log, standing, dismissals, removed: removedIn(graph, found) }
  const tips = tipsOf(graph, found)
  const said = {
    ...logFacts(graph, found, tips),
    members: membersOf(graph, found, dismissals),
    persons: personsIn(graph.acts),
    removals: removalsIn(graph, found),
  }
  return withGround(said, { ground, tips })
}

/**
 * The state once there is one act more in the log, in a fraction of the time that it takes to look at all. `undefined` where this one may change what others say, removes
 * records, or waits; or where the state was grown by another one before. `people` must say the same of all who acted until then as when the state was made.
 */
export function grownRolesState(state: RolesState, signed: SignedAct, people: Known): RolesState | undefined {
  const known = grounds.get(state)
  if (known === undefined) return undefined
  const { graph, namespace, log } = known.ground
  const rank = log.rankOf(signed.act, people)
  const { next } = known
  // It was tried before: who signed it may act for nobody since.
  if (next !== undefined) return equalBytes(next.hash, signed.hash) && next.rank === rank ? next.state : undefined
  if (!equalCids(signed.act.log, namespace.cid) || !graph.canAppend(signed) || graph.number(signed.hash) >= 0) return undefined
  const grown = grow(state, known, { signed, people })
  known.next = { hash: signed.hash, rank, state: grown }
  return grown
}

function grow(
  state: RolesState,
  { ground, tips: before }: Grown,
  { signed, people }: { readonly signed: SignedAct; readonly people: Known },
): RolesState | undefined {
  const { graph, log, standing, dismissals } = ground
  const i = graph.append(signed)
  log.grow(signed, people)
  if (!growStanding(graph, log, standing, i)) return undefined
  const counts = standing.counts[i] === 1
  const { do: content } = signed.act
  if (counts && content.type === 'remove') return undefined
  if (counts && content.type === 'dismiss') add(dismissals, content.who, i)
  const changed = !counts ? undefined : content.type === 'grant' ? content.to : content.type === 'dismiss' ? content.who : undefined
  const { facts, tips } = grownFacts(graph, state, before, { i, counts })
  const found = personsIn([signed]).filter((person) => !state.names(person))
  const said = {
    ...facts,
    members:
      changed === undefined ? state.members : grownMembers(state.members, changed, { ground, granted: content.type === 'grant' ? i : undefined }),
    persons: found.length === 0 ? state.persons : [...state.persons, ...found].sort(compareBytes),
    removals: state.removals,
  }
  return withGround(said, { ground, tips })
}

/** The members once one of them was granted a role by an act, or dismissed. */
function grownMembers(
  members: readonly Member[],
  who: Uint8Array,
  { ground: { graph, dismissals }, granted }: { readonly ground: Ground; readonly granted: number | undefined },
): readonly Member[] {
  const known = members.find((one) => equalBytes(one.who, who))
  const grants = [...(known?.roles ?? []).map(({ via }) => graph.number(via)), ...(granted === undefined ? [] : [granted])]
  if (grants.length === 0) return members
  const roles = grants.flatMap((i) => roleOf(graph, i, dismissals)).sort((a, b) => compareBytes(a.via, b.via))
  const others = members.filter((one) => one !== known)
  return [...others, { who: known?.who ?? who, roles }].sort((a, b) => compareBytes(a.who, b.who))
}

function withGround(said: Pick<RolesState, keyof LogFacts | 'members' | 'persons' | 'removals'>, grown: Grown): RolesState {
  const { genesis } = grown.ground.namespace
  const { removed } = grown.ground
  const rolesOf = new BytesMap(said.members.map(({ who, roles }) => [who, roles]))
  const named = new BytesMap(said.persons.map((person) => [person, true]))
  const state: RolesState = {
    ...said,
    names: (person) => named.has(person),
    may(by, at, role, place) {
      const who = principalOf(by)
      if (equalBytes(who, genesis.owner)) return 'yes'
      let had = false
      for (const held of rolesOf.get(who) ?? []) {
        if ((at < held.from && place.isMapBase !== true) || !covers(held, role, place)) continue
        if (held.void !== true && at <= (held.until ?? at)) return 'yes'
        had = true
      }
      return had ? 'revoked' : 'no-role'
    },
    isRemoved(hash, collection) {
      const places = removed.get(hash)
      return places !== undefined && (places.has(undefined) || (collection !== undefined && places.has(collection)))
    },
  }
  grounds.set(state, grown)
  return state
}

/** In one collection alone nobody takes away what may lie in another. */
function covers({ role, collection }: Pick<HeldRole, 'role' | 'collection'>, wanted: MemberRole, place: RolePlace): boolean {
  const isThere = collection === undefined || collection === place.collection || (place.collection === undefined && place.ownSlot === true)
  return isThere && MEMBER_ROLES.indexOf(role) >= MEMBER_ROLES.indexOf(wanted)
}

class RolesLog implements LogRules {
  readonly #owner: Uint8Array
  readonly #acts: Act[] = []
  readonly #ranks: Rank[] = []
  /** A number for each who acts or is named. */
  readonly #principals = new ByteNumbers()
  readonly #subjects: number[] = []

  constructor(graph: ActGraph, owner: Uint8Array, people: Known) {
    this.#owner = owner
    for (const signed of graph.acts) this.grow(signed, people)
  }

  /** Takes up the next act of the graph. */
  grow({ act }: SignedAct, people: Known): void {
    this.#acts.push(act)
    this.#subjects.push(this.#principals.of(principalOf(act.by)))
    this.#ranks.push(this.rankOf(act, people))
  }

  /** What an act is by who signed it. */
  rankOf({ by, at, via, do: { type } }: Act, people: Known): Rank {
    const person = personOf(by)
    if (!['grant', 'dismiss', 'remove'].includes(type)) return 'void'
    if (person !== undefined && people(person)?.acts(keyOf(by), at) !== 'yes') return 'void'
    if (!equalBytes(principalOf(by), this.#owner)) return 'other'
    return via === undefined ? 'chief' : 'void'
  }

  rank(i: number): Rank {
    return this.#ranks[i] ?? 'void'
  }

  subject(i: number): number {
    return this.#subjects[i] ?? -1
  }

  removes(i: number): number | undefined {
    const content = this.#acts[i]?.do
    return content?.type === 'dismiss' ? this.#principals.of(content.who) : undefined
  }

  allows(i: number, via: number): boolean {
    const act = this.#acts[i]
    const giver = this.#acts[via]?.do
    if (act === undefined || giver?.type !== 'grant' || this.#principals.of(giver.to) !== this.subject(i)) return false
    if (act.at < giver.from || act.at > (giver.until ?? act.at)) return false
    if (act.do.type === 'remove') return giver.role === 'moderate' || giver.role === 'manage'
    return giver.role === 'manage' && (act.do.type !== 'grant' || act.do.role !== 'manage')
  }

  bars(): undefined {
    return undefined
  }
}

function dismissalsIn(graph: ActGraph, standing: readonly number[]): BytesMap<number[]> {
  const dismissals = new BytesMap<number[]>()
  for (const i of standing) {
    const content = graph.acts[i]?.act.do
    if (content?.type === 'dismiss') add(dismissals, content.who, i)
  }
  return dismissals
}

function add(lists: BytesMap<number[]>, key: Uint8Array, i: number): void {
  const known = lists.get(key)
  if (known === undefined) lists.set(key, [i])
  else known.push(i)
}

function membersOf(graph: ActGraph, standing: readonly number[], dismissals: BytesMap<number[]>): readonly Member[] {
  const all: { readonly who: Uint8Array; readonly roles: HeldRole[] }[] = []
  const rolesOf = new BytesMap<HeldRole[]>()
  for (const i of standing) {
    const content = graph.acts[i]?.act.do
    if (content?.type !== 'grant') continue
    let roles = rolesOf.get(content.to)
    if (roles === undefined) {
      roles = []
      rolesOf.set(content.to, roles)
      all.push({ who: content.to, roles })
    }
    roles.push(...roleOf(graph, i, dismissals))
  }
  return all.map(({ who, roles }) => ({ who, roles: roles.sort((a, b) => compareBytes(a.via, b.via)) })).sort((a, b) => compareBytes(a.who, b.who))
}

/** The role that an act grants, as dismissals leave it. */
function roleOf(graph: ActGraph, i: number, dismissals: BytesMap<number[]>): HeldRole[] {
  const signed = graph.acts[i]
  if (signed?.act.do.type !== 'grant') return []
  const { to, role, from, collection, until } = signed.act.do
  const held: HeldRole = {
    role,
    from,
    ...(until === undefined ? {} : { until }),
    ...(collection === undefined ? {} : { collection }),
    via: signed.hash,
  }
  return [cut(held, i, { graph, dismissals: dismissals.get(to) ?? [] })]
}

/** What is left of a role, given by act `i`: who is given one anew, after a dismissal, has it. */
function cut(held: HeldRole, i: number, { graph, dismissals }: { readonly graph: ActGraph; readonly dismissals: readonly number[] }): HeldRole {
  let until = held.until ?? Number.POSITIVE_INFINITY
  let isVoid = false
  for (const dismissal of dismissals) {
    const content = graph.acts[dismissal]?.act.do
    if (content?.type !== 'dismiss' || graph.isBefore(dismissal, i)) continue
    until = Math.min(until, content.until)
    if (content.void === true) isVoid = true
  }
  return { ...held, ...(until === Number.POSITIVE_INFINITY ? {} : { until }), ...(isVoid && { void: true }) }
}

/** Of each record that was removed, in which collections it may lie: `undefined` for any. */
function removedIn(graph: ActGraph, standing: readonly number[]): BytesMap<ReadonlySet<string | undefined>> {
  const removed = new BytesMap<Set<string | undefined>>()
  for (const i of standing) {
    const act = graph.acts[i]?.act
    if (act?.do.type !== 'remove') continue
    const giver = graph.acts[graph.number(act.via)]?.act.do
    for (const hash of act.do.records) {
      const places = removed.get(hash) ?? new Set()
      removed.set(hash, places.add(giver?.type === 'grant' ? giver.collection : undefined))
    }
  }
  return removed
}

function removalsIn(graph: ActGraph, standing: readonly number[]): ReadonlySet<string> {
  const removals = new Set<string>()
  for (const i of standing) {
    const act = graph.acts[i]?.act
    const giver = act?.do.type === 'remove' ? graph.acts[graph.number(act.via)]?.act.do : undefined
    const place = giver?.type === 'grant' ? (giver.collection ?? '') : ''
    if (act?.do.type === 'remove') for (const hash of act.do.records) removals.add(`${toHex(hash)}/${place}`)
  }
  return removals
}

function personsIn(acts: readonly SignedAct[]): readonly Uint8Array[] {
  const persons: Uint8Array[] = []
  const known = new BytesMap<true>()
  for (const { act } of acts) {
    const { do: content } = act
    const named = content.type === 'grant' ? content.to : content.type === 'dismiss' ? content.who : undefined
    for (const who of [principalOf(act.by), named]) {
      if (who?.length !== PERSON_BYTES || known.has(who)) continue
      known.set(who, true)
      persons.push(who)
    }
  }
  return persons.sort(compareBytes)
}
