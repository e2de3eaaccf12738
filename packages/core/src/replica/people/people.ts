import { DocstoreError } from '../../errors.ts'
import { equalBytes, toHex } from '../../model/bytes.ts'
import { BytesMap } from '../../model/bytes-map.ts'
import type { SignedAct } from '../../model/people/act.ts'
import { type ActingDevices, headFault } from '../../model/namespace/namespace.ts'
import { keyOf, PERSON_BYTES, personOf } from '../../model/people/author.ts'
import { decodePerson } from '../../model/people/person.ts'
import { grownPersonState, personState, type PersonState } from '../../model/people/person-state.ts'
import { grownRolesState, type RolesState, rolesState } from '../../model/people/roles-state.ts'
import type { Storage } from '../../storage/storage.ts'
import type { StoredLog } from '../../storage/logs/log-storage.ts'
import type { OpenNamespace } from '../open-namespace.ts'
import type { NamespaceInfo } from '../types.ts'
import { Authority } from './judging/authority.ts'
import { LogExchange, type LogExchangeInit } from './logs/log-exchange.ts'
import type { KnownActs } from './logs/known-acts.ts'
import { Logs } from './logs/logs.ts'

/**
 * What the persons whose states are in memory have together: each counts as one more than the acts in their log. With each is what it was made of, by which it grows: some
 * hundred bytes for an act, and up to two kilobytes where acts follow each other in no line.
 */
const MAX_STATE_ACTS = 32_768

/** What persons need of the replica in which they are. */
export interface PeopleInit extends Omit<LogExchangeInit, 'logs' | 'isMember' | 'state'> {
  /** Tells others that the logs of a namespace have changed, as they are told of its head. */
  readonly tell: (id: string) => void
}

/** What the log of a person said: the one that was stored then, and how many of the acts in memory that were. */
interface KnownState {
  readonly of: StoredLog
  readonly graph: KnownActs
  readonly count: number
  readonly state: PersonState
}

/** Acts one by one that a state is grown by: for more at once, all are looked at. */
const MAX_GROWN_ACTS = 32

/** What a log of roles said, and the logs by which that was so. */
interface KnownRoles {
  readonly of: StoredLog | undefined
  readonly persons: readonly (readonly [person: Uint8Array, log: StoredLog | undefined])[]
  readonly state: RolesState
  /** The acts in memory, where any are here, and how many of them that were. */
  readonly graph: KnownActs | undefined
  readonly count: number
}

/** Who the persons are that are known here: what their logs say. */
export class People {
  readonly logs: Logs
  readonly exchange: LogExchange
  /** By digest; each is that of the log as it was then, which is another object once it has more acts. Who was read first comes first. */
  readonly #states = new Map<string, KnownState>()
  #stateActs = 0
  readonly #roles = new Map<string, KnownRoles>()
  /** Tells others that the logs of a namespace have changed, as they are told of its head. */
  readonly #tell: (id: string) => void

  private constructor(logs: Logs, { tell, ...init }: PeopleInit) {
    this.logs = logs
    this.exchange = new LogExchange({ ...init, logs, state: (person) => this.state(person), isMember: (id, person) => this.#isMember(id, person) })
    this.#tell = tell
  }

  static async open(storage: Storage, init: PeopleInit): Promise<People> {
    return new People(await Logs.open(storage), init)
  }

  /** What the log of a person says; `undefined` where it is not here. */
  async state(person: Uint8Array): Promise<PersonState | undefined> {
    const hex = toHex(person)
    for (;;) {
      const log = this.logs.get(person)
      if (log?.genesis === undefined) return undefined
      const known = this.#states.get(hex)
      if (known?.of === log) return known.state
      const genesis = decodePerson(log.genesis)
      const graph = await this.logs.graph(person)
      if (!genesis.ok) throw new DocstoreError('data-corrupt', 'A stored person cannot be read. Restore the data from a backup')
      // It can have grown while it was read.
      if (this.logs.get(person) !== log) continue
      const state = (known?.graph === graph && grownBy(known, graph.acts)) || personState(genesis.value, graph.acts)
      this.#keep(hex, { of: log, graph, count: graph.acts.length, state })
      return state
    }
  }

  #keep(hex: string, known: KnownState): void {
    this.#stateActs += known.count - (this.#states.get(hex)?.count ?? -1)
    this.#states.delete(hex)
    this.#states.set(hex, known)
    for (const [first, { count }] of this.#states) {
      if (this.#stateActs <= MAX_STATE_ACTS || first === hex) return
      this.#states.delete(first)
      this.#stateActs -= count + 1
    }
  }

  /** What says who the owner of a namespace is; `undefined` where that is a key, or a person who is not known here. */
  async owner({ genesis: { owner } }: Pick<OpenNamespace['genesis'], 'genesis'>): Promise<PersonState | undefined> {
    return owner.length === PERSON_BYTES ? this.state(owner) : undefined
  }

  /** What logs say of records by these authors. */
  async authority(open: OpenNamespace, authors: Iterable<Uint8Array>): Promise<Authority> {
    const persons = new Map<string, Uint8Array>()
    for (const by of authors) {
      const person = personOf(by)
      if (person !== undefined) persons.set(toHex(person), person)
    }
    return new Authority(open, await this.#statesOf(persons.values()), await this.roles(open))
  }

  /** The same for all whose records a namespace can have. */
  async authorityIn(open: OpenNamespace): Promise<Authority> {
    const persons = this.logs.of(open.ns).filter(({ genesis, log }) => genesis !== undefined && !this.logs.isTold(open.ns, log))
    return this.authorityOf(
      open,
      persons.map(({ log }) => log),
    )
  }

  /** The same of the records of these persons. */
  async authorityOf(open: OpenNamespace, persons: Iterable<Uint8Array>): Promise<Authority> {
    return new Authority(open, await this.#statesOf(persons), await this.roles(open))
  }

  /** What the log of roles of a namespace says; `undefined` where its policy knows none. */
  async roles({ id, genesis, scope }: OpenNamespace): Promise<RolesState | undefined> {
    if (scope.write !== 'members') return undefined
    for (;;) {
      const log = this.logs.get(genesis.cid.multihash.digest)
      const known = this.#roles.get(id)
      const isOfSame = known?.persons.every(([person, was]) => this.logs.get(person) === was)
      if (known !== undefined && known.of === log && isOfSame === true) return known.state
      const graph = log && (await this.logs.graph(log.log))
      const acts = graph === undefined ? [] : [...graph.acts]
      const signers = signersOf(acts)
      const persons = signers.map((person) => [person, this.logs.get(person)] as const)
      const states = await this.#statesOf(signers)
      // They can have grown while they were read.
      if (this.logs.get(genesis.cid.multihash.digest) !== log || persons.some(([person, was]) => this.logs.get(person) !== was)) continue
      const people = (digest: Uint8Array): PersonState | undefined => states.get(digest)
      const canGrow = known !== undefined && isOfSame === true && known.graph === graph
      const state = (canGrow && grownRolesBy(known, acts, people)) || rolesState(genesis, acts, people)
      this.#roles.set(id, { of: log, persons, state, graph, count: acts.length })
      return state
    }
  }

  /** What a log of roles with these acts would say, and no others; with `person`, if that one's log said this. */
  async rolesOf(
    { genesis }: OpenNamespace,
    acts: readonly SignedAct[],
    person?: { readonly digest: Uint8Array; readonly state: ActingDevices },
  ): Promise<RolesState> {
    const states = await this.#statesOf(signersOf(acts))
    return rolesState(genesis, acts, (digest) => (person !== undefined && equalBytes(digest, person.digest) ? person.state : states.get(digest)))
  }

  /** What one would say of which this is the state, with one act more; `undefined` where all have to be looked at for that. */
  async grownRoles(state: RolesState, act: SignedAct): Promise<RolesState | undefined> {
    const states = await this.#statesOf(signersOf([act]))
    return grownRolesState(state, act, (digest) => states.get(digest))
  }

  /** What the log of a person who is known here would say with these acts, and no others. */
  stateOf(person: Uint8Array, acts: readonly SignedAct[]): PersonState | undefined {
    const genesis = decodePerson(this.logs.get(person)?.genesis ?? new Uint8Array())
    return genesis.ok ? personState(genesis.value, acts) : undefined
  }

  /** The epoch in which a device of a person signs heads; 0 where that person is not known here. Throws `revoked` where it is no device of theirs any more. */
  async actingEpoch(author: Uint8Array, now: number): Promise<number> {
    const state = await this.state(personOf(author) ?? author)
    if (state !== undefined && state.acts(keyOf(author), now) !== 'yes')
      throw new DocstoreError('revoked', 'This device was taken from its person: what it writes would be accepted by nobody')
    return state?.epoch ?? 0
  }

  /** What this author is shown of a namespace: nothing of a profile that a device wrote which was revoked, nor that such a device could write. */
  async shown(
    open: OpenNamespace,
    info: NamespaceInfo,
    { author, now }: { readonly author: Uint8Array; readonly now: number },
  ): Promise<NamespaceInfo> {
    const own = info.writable ? personOf(author) : undefined
    const state = own && (await this.state(own))
    const isRevoked = state !== undefined && state.acts(keyOf(author), now) !== 'yes'
    const { profile, ...rest } = info
    const isOfThief = profile !== undefined && (await this.isVoid(open))
    return { ...(isOfThief ? rest : info), ...(isRevoked && { writable: false }) }
  }

  /** Whether the head of a namespace is by a device that was revoked, as far as its owner is known. */
  async isVoid({ genesis, head }: OpenNamespace): Promise<boolean> {
    const owner = await this.owner(genesis)
    return owner !== undefined && headFault(head, owner) === 'revoked'
  }

  #isMember(id: string, person: Uint8Array): boolean {
    return this.#roles.get(id)?.state.names(person) === true
  }

  /** The same as far as it was looked at last, which whoever writes or judges does. */
  lastRoles(id: string): RolesState | undefined {
    return this.#roles.get(id)?.state
  }

  async #statesOf(persons: Iterable<Uint8Array>): Promise<BytesMap<PersonState>> {
    const states = new BytesMap<PersonState>()
    for (const person of persons) {
      const state = await this.state(person)
      if (state !== undefined) states.set(person, state)
    }
    return states
  }

  /** The logs of those for whom these authors sign. They are other objects once they have more acts. */
  logsOf(authors: readonly Uint8Array[]): readonly (StoredLog | undefined)[] {
    return authors.map((by) => this.logs.get(personOf(by) ?? by))
  }

  /** Notes that a namespace needs the logs of these authors, which are here, and tells others of it where one is new. */
  async need({ ns, id }: OpenNamespace, authors: Iterable<Uint8Array>): Promise<void> {
    let isNew = false
    for (const by of authors) {
      const log = personOf(by)
      if (log !== undefined && (await this.needLog(ns, log))) isNew = true
    }
    if (isNew) this.#tell(id)
  }

  /** Notes that a namespace, by its number, needs a log that is here. Resolves with whether that is new. */
  async needLog(ns: number, log: Uint8Array): Promise<boolean> {
    const known = this.logs.get(log)
    const isNew = !this.logs.isNeeded(ns, log)
    if (known === undefined || !(isNew || this.logs.isTold(ns, log))) return false
    await this.logs.add({ ...known, neededBy: ns }, [])
    return isNew
  }

  /** Whether the log of a person says which acts count in the log of roles of a namespace. Where nobody has looked at that yet, it may. */
  decidesRoles({ id, scope }: OpenNamespace, person: Uint8Array): boolean {
    if (scope.write !== 'members') return false
    const hex = toHex(person)
    return this.#roles.get(id)?.persons.some(([signer]) => toHex(signer) === hex) ?? true
  }

  /** A namespace has gone from here. */
  async forgot({ ns, id }: OpenNamespace): Promise<void> {
    this.#roles.delete(id)
    await this.logs.forgot(ns)
  }
}

/** The same of a log of roles, where the persons who act there say what they said. */
function grownRolesBy(
  { state, count }: KnownRoles,
  acts: readonly SignedAct[],
  people: (digest: Uint8Array) => PersonState | undefined,
): RolesState | undefined {
  if (acts.length - count > MAX_GROWN_ACTS) return undefined
  return acts.slice(count).reduce<RolesState | undefined>((grown, act) => grown && grownRolesState(grown, act, people), state)
}

/** What a log says that has more acts than when a state was made of it; `undefined` where that has to be made anew. */
function grownBy({ state, count }: KnownState, acts: readonly SignedAct[]): PersonState | undefined {
  if (acts.length - count > MAX_GROWN_ACTS) return undefined
  return acts.slice(count).reduce<PersonState | undefined>((grown, act) => grown && grownPersonState(grown, act), state)
}

/** Digests of the persons for whom acts are signed, each once. */
function signersOf(acts: readonly SignedAct[]): readonly Uint8Array[] {
  const signers = new Map<string, Uint8Array>()
  for (const { act } of acts) {
    const person = personOf(act.by)
    if (person !== undefined) signers.set(toHex(person), person)
  }
  return [...signers.values()]
}
