import { compareBytes, equalBytes, toHex } from '../bytes.ts'
import { ByteNumbers, BytesMap } from '../bytes-map.ts'
import { equalCids } from '../encoding/cid.ts'
import type { ActingDevices, DecodedGenesis } from '../namespace/namespace.ts'
import type { Act, SignedAct } from './act.ts'
import { ActGraph } from './act-graph.ts'
import { MEMBER_ROLES, type MemberRole } from './act-content.ts'
import { keyOf, PERSON_BYTES, personOf, principalOf } from './author.ts'
import { type LogFacts, logFacts } from './log-facts.ts'
import { type LogRules, standingActs } from './standing.ts'

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

/** The state of a namespace's log of roles. `people` gives what is known of persons. */
export function rolesState(
  { genesis, cid }: DecodedGenesis,
  acts: Iterable<SignedAct>,
  people: (digest: Uint8Array) => ActingDevices | undefined,
): RolesState {
  const graph = ActGraph.of([...acts].filter(({ act }) => equalCids(act.log, cid)))
  const { counts: standing } = standingActs(graph, new RolesLog(graph, genesis.owner, people))
  const found = [...standing.keys()].filter((i) => standing[i] === 1)
  const members = membersOf(graph, found)
  const rolesOf = new BytesMap(members.map(({ who, roles }) => [who, roles]))
  const removed = removedIn(graph, found)
  const persons = personsIn(graph)
  const named = new BytesMap(persons.map((person) => [person, true]))
  return {
    ...logFacts(graph, found),
    members,
    persons,
    names: (person) => named.has(person),
    removals: removalsIn(graph, found),
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
}

/** In one collection alone nobody takes away what may lie in another. */
function covers({ role, collection }: Pick<HeldRole, 'role' | 'collection'>, wanted: MemberRole, place: RolePlace): boolean {
  const isThere = collection === undefined || collection === place.collection || (place.collection === undefined && place.ownSlot === true)
  return isThere && MEMBER_ROLES.indexOf(role) >= MEMBER_ROLES.indexOf(wanted)
}

class RolesLog implements LogRules {
  readonly #acts: readonly Act[]
  readonly #ranks: readonly ('chief' | 'other' | 'void')[]
  /** A number for each who acts or is named. */
  readonly #principals = new ByteNumbers()
  readonly #subjects: readonly number[]

  constructor(graph: ActGraph, owner: Uint8Array, people: (digest: Uint8Array) => ActingDevices | undefined) {
    this.#acts = graph.acts.map(({ act }) => act)
    this.#subjects = this.#acts.map(({ by }) => this.#principals.of(principalOf(by)))
    this.#ranks = this.#acts.map(({ by, at, via, do: { type } }) => {
      const person = personOf(by)
      if (!['grant', 'dismiss', 'remove'].includes(type)) return 'void'
      if (person !== undefined && people(person)?.acts(keyOf(by), at) !== 'yes') return 'void'
      if (!equalBytes(principalOf(by), owner)) return 'other'
      return via === undefined ? 'chief' : 'void'
    })
  }

  rank(i: number): 'chief' | 'other' | 'void' {
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

function membersOf(graph: ActGraph, standing: readonly number[]): readonly Member[] {
  const all: { readonly who: Uint8Array; readonly roles: HeldRole[] }[] = []
  const rolesOf = new BytesMap<HeldRole[]>()
  const dismissals = new BytesMap<number[]>()
  for (const i of standing) {
    const content = graph.acts[i]?.act.do
    if (content?.type !== 'dismiss') continue
    const known = dismissals.get(content.who)
    if (known === undefined) dismissals.set(content.who, [i])
    else known.push(i)
  }
  for (const i of standing) {
    const signed = graph.acts[i]
    if (signed?.act.do.type !== 'grant') continue
    const { to, role, from, collection, until } = signed.act.do
    const held: HeldRole = {
      role,
      from,
      ...(until === undefined ? {} : { until }),
      ...(collection === undefined ? {} : { collection }),
      via: signed.hash,
    }
    let roles = rolesOf.get(to)
    if (roles === undefined) {
      roles = []
      rolesOf.set(to, roles)
      all.push({ who: to, roles })
    }
    roles.push(cut(held, i, { graph, dismissals: dismissals.get(to) ?? [] }))
  }
  return all.map(({ who, roles }) => ({ who, roles: roles.sort((a, b) => compareBytes(a.via, b.via)) })).sort((a, b) => compareBytes(a.who, b.who))
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

function personsIn(graph: ActGraph): readonly Uint8Array[] {
  const persons: Uint8Array[] = []
  const known = new BytesMap<true>()
  for (const { act } of graph.acts) {
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
