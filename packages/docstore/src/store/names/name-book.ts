import {
  cidOf,
  concatBytes,
  DAG_CBOR,
  didOf,
  DocstoreError,
  equalBytes,
  type Network as Descriptor,
  parseCid,
  type PersonFacts,
  sha256,
  toHex,
} from '@p2p-docstore/core'
import {
  CLAIM_AGE_MS,
  claimName,
  deniedClaims,
  type NameState,
  type NameTransfer,
  normalUsername,
  releaseName,
  RENEWAL_MS,
  transferName,
  usernameFault,
  type VerifiedStatement,
} from '@p2p-docstore/core/people/names'
import { DomainProofs } from '../../people/names/index.ts'
import { ownIdentity, readNetwork } from '../../network/admission/index.ts'
import { actsForOf, KnownNames, stateOfName } from '../../network/names/index-known.ts'
import type { Network } from '../../network/types.ts'
import { ASK_TIMEOUT_MS, CLAIM_MARGIN_MS, CLAIM_TIMEOUT_MS, FRESH_MS, MAX_ASKED, MAX_FRESH, RENEWAL_TIMEOUT_MS } from './limits.ts'
import type { NamesInit } from './names-init.ts'
import type { NameInfo, NameOptions } from './types.ts'

/** What authorities have heard of devices of this person, by the digest of the last acts. */
const TOLD = 'names-told'

/** A name of this person. */
interface Held {
  readonly person: Uint8Array
  readonly network: Network
  readonly state: NameState
  readonly statements: readonly VerifiedStatement[]
}

/** What `Names` does. */
export class NameBook {
  readonly #init: NamesInit
  readonly #descriptor: Descriptor
  readonly #known: KnownNames
  readonly #domains: DomainProofs
  readonly #now: () => number
  /** When relays last told of a name, or of those of a person. */
  readonly #askedAt = new Map<string, number>()

  constructor(init: NamesInit) {
    this.#init = init
    this.#descriptor = readNetwork(init.info().network.descriptor)
    this.#known = new KnownNames(init.replica, this.#descriptor)
    this.#now = init.now ?? Date.now
    this.#domains = new DomainProofs({
      now: this.#now,
      claimedBy: async (person) => {
        const username = await init.usernameOf(person.toString())
        return username === undefined ? [] : [username]
      },
      ...(init.anyHost === undefined ? {} : { anyHost: init.anyHost }),
    })
  }

  async show(text: string, options: NameOptions): Promise<NameInfo> {
    const name = usernameOf(text)
    this.#assertNames()
    await this.#ask(name, options)
    return infoOf(name, await this.#state(name))
  }

  async of(who: string, { timeoutMs = ASK_TIMEOUT_MS, signal }: NameOptions): Promise<readonly NameInfo[]> {
    this.#assertNames()
    const person = digestOf(who)
    const { network } = this.#init
    if (network !== undefined && (await isConnected(network, timeoutMs)))
      await network.askNames({ names: [], persons: [person], timeoutMs, ...(signal && { signal }) })
    return this.#heldBy(person)
  }

  async ofAll(who: readonly string[], options: NameOptions): Promise<ReadonlyMap<string, readonly NameInfo[]>> {
    if (this.#descriptor.descriptor.names === undefined) return new Map()
    // Keys have no names.
    const persons = new Map(
      who.flatMap((id): [string, Uint8Array][] => {
        const digest = parseCid(DAG_CBOR, id)?.multihash.digest
        return digest === undefined ? [] : [[id, digest]]
      }),
    )
    const stale = [...persons].filter(([id]) => !this.#isFresh(id))
    for (let at = 0; at < stale.length && !this.#init.closing.aborted; at += MAX_ASKED) await this.#askOf(stale.slice(at, at + MAX_ASKED), options)
    const all = new Map<string, readonly NameInfo[]>()
    for (const [id, person] of persons) {
      const held = await this.#heldBy(person)
      if (held.length > 0) all.set(id, held)
    }
    return all
  }

  async #askOf(persons: readonly (readonly [id: string, digest: Uint8Array])[], { timeoutMs = ASK_TIMEOUT_MS, signal }: NameOptions): Promise<void> {
    const { network } = this.#init
    if (network === undefined || !(await isConnected(network, timeoutMs))) return
    const request = { names: [], persons: persons.map(([, digest]) => digest) }
    if ((await network.askNames({ ...request, timeoutMs, ...(signal && { signal }) })) > 0) this.#noteAsked(persons.map(([id]) => id))
  }

  /** Names of a person, as far as it is known here. */
  async #heldBy(person: Uint8Array): Promise<readonly NameInfo[]> {
    const held: NameInfo[] = []
    for (const name of await this.#known.claimedBy(person)) {
      const state = await this.#state(name)
      if (isHeldBy(state, person)) held.push(infoOf(name, state))
    }
    return held
  }

  async claim(text: string, { timeoutMs = CLAIM_TIMEOUT_MS, signal }: NameOptions): Promise<NameInfo> {
    const name = usernameOf(text)
    const [person, network] = await this.#actor(timeoutMs)
    await this.#ask(name, { timeoutMs: Math.min(timeoutMs, ASK_TIMEOUT_MS), ...(signal && { signal }) })
    await this.#assertActs()
    const before = await this.#state(name)
    if (before.state === 'held' && isHeldBy(before, person) && before.until - this.#now() > RENEWAL_MS) return infoOf(name, before)
    const claim = await this.#claimOf(name, person, before)
    const { granted, refusals } = await network.claimName({ claim: claim.signed, timeoutMs, ...(signal && { signal }) })
    const state = await this.#state(name)
    if (state.state === 'held' && isHeldBy(state, person) && state.until > this.#now() + RENEWAL_MS) {
      return infoOf(name, state)
    }
    const refusal = refusals.find(({ code }) => code !== 'no-name-authority')
    if (refusal !== undefined) throw DocstoreError.passedOn(refusal.code, refusal.message, { details: { name } })
    const quorum = this.#descriptor.descriptor.names?.quorum ?? 0
    throw new DocstoreError(
      'name-undecided',
      `${granted} of the ${quorum} authorities that the name takes have granted it; the others could not be reached. Try again while their relays run`,
      { details: { name, granted, quorum } },
    )
  }

  /** A new claim, or one of this day that not all authorities have granted yet. */
  async #claimOf(name: string, person: Uint8Array, state: NameState): Promise<VerifiedStatement> {
    const statements = await this.#known.about(name)
    const device = await ownIdentity(this.#init.replica)
    const mine = statements.filter(({ value }) => equalBytes(value.person, person))
    const given = 'person' in state && !equalBytes(state.person, person) ? transferTo(statements, state.person, person) : undefined
    const via = given?.hash ?? null
    const denied = deniedClaims(statements, this.#descriptor)
    const ended = Math.max(0, ...mine.map(({ value }) => (value.t === 'name-release' ? value.at : 0)))
    const pending = mine.find(({ value, hash }) => {
      if (value.t !== 'name-claim' || !equalBytes(value.by, device.author) || value.at <= ended || denied.has(toHex(hash))) return false
      const isSame = via === null ? value.via === null : value.via !== null && equalBytes(via, value.via)
      return isSame && value.at > this.#now() - CLAIM_AGE_MS + CLAIM_MARGIN_MS
    })
    // The one by which it is held has done its work.
    const isDone = isHeldBy(state, person) && pending !== undefined && equalBytes(pending.hash, state.claim)
    if (pending !== undefined && !isDone) return pending
    return claimName({ net: this.#descriptor.cid, name, person, at: Math.max(this.#now(), ended + 1), via }, device)
  }

  async release(text: string, options: NameOptions): Promise<NameInfo> {
    const name = usernameOf(text)
    const { person, network, state, statements } = await this.#held(name, options)
    const isAgain = state.state === 'quarantine'
    const device = await ownIdentity(this.#init.replica)
    const release = releaseName({ net: this.#descriptor.cid, name, person, at: this.#afterGrants(statements, person) }, device)
    await this.#tell(network, name, isAgain ? [] : [release], person, options)
    return infoOf(name, await this.#state(name))
  }

  async transfer(text: string, to: string, options: NameOptions): Promise<NameInfo> {
    const name = usernameOf(text)
    const receiver = digestOf(to)
    const { person, network, state, statements } = await this.#held(name, options)
    if (equalBytes(receiver, person)) throw new DocstoreError('bad-option', 'That is you')
    if (state.state === 'quarantine') throw notYours(name)
    const device = await ownIdentity(this.#init.replica)
    const transfer = transferName({ net: this.#descriptor.cid, name, person, at: this.#afterGrants(statements, person), to: receiver }, device)
    await this.#tell(network, name, [transfer], person, options)
    return infoOf(name, state)
  }

  /** The name of this person, with who is to hear of what becomes of it. Throws `not-allowed` where they do not have it. */
  async #held(name: string, { timeoutMs = ASK_TIMEOUT_MS, signal }: NameOptions): Promise<Held> {
    const [person, network] = await this.#actor(timeoutMs)
    await this.#ask(name, { timeoutMs, ...(signal && { signal }) })
    await this.#assertActs()
    const [state, statements] = [await this.#state(name), await this.#known.about(name)]
    // What was given up, and nobody has heard of, is told once more.
    const isOwn = 'person' in state && equalBytes(state.person, person)
    if (!isOwn) throw notYours(name)
    return { person, network, state, statements }
  }

  /** Now, but not before authorities granted it by their clocks: what was said of a name before that concerns another lease. */
  #afterGrants(statements: readonly VerifiedStatement[], person: Uint8Array): number {
    const froms = statements.map(({ value }) => (value.t === 'name-grant' && equalBytes(value.person, person) ? value.from : 0))
    return Math.max(this.#now(), ...froms)
  }

  async #tell(
    network: Network,
    name: string,
    statements: readonly VerifiedStatement[],
    person: Uint8Array,
    { timeoutMs = ASK_TIMEOUT_MS, signal }: NameOptions,
  ): Promise<void> {
    const told = await network.tellNames({
      names: [name],
      statements: statements.map(({ signed }) => signed),
      persons: [person],
      timeoutMs,
      ...(signal && { signal }),
    })
    // It may be somebody else's soon.
    this.#askedAt.delete(name)
    if (told === 0) throw new DocstoreError('not-delivered', 'No relay has heard of it yet. Try again once one is reached')
  }

  /** Who is meant by `@alice`, or by `alice@example.org`: the id of a person. */
  async person(who: string, options: NameOptions): Promise<string> {
    const text = who.trim()
    if (text.lastIndexOf('@') > 0) return this.#personAt(text)
    const name = usernameOf(text)
    this.#assertNames()
    if (!this.#isFresh(name)) await this.#ask(name, options)
    const state = await this.#state(name)
    if (state.state === 'held' || state.state === 'grace') return idOf(state.person)
    throw new DocstoreError('unknown-name', `Nobody has the username ${name}, as far as the relays that were reached know`)
  }

  async #personAt(name: string): Promise<string> {
    const proof = await this.#domains.check(name)
    switch (proof.state) {
      case 'proven':
        return proof.person.toString()
      case 'one-sided':
        throw new DocstoreError(
          'unknown-name',
          `The domain says that ${name} is ${proof.person.toString()}, whose profile does not say so. Both have to: \`docstore profile set username ${name}\``,
        )
      case 'unknown':
        throw new DocstoreError('unknown-name', `The domain knows nobody called ${name}`)
      case 'unreachable':
        throw new DocstoreError('unknown-name', `The domain of ${name} could not be asked, or does not answer as one with names does`)
    }
  }

  /** Renews names of this person that run out soon, or ran out, and tells authorities what has become of devices. */
  async keepUp(): Promise<void> {
    const { replica, network, closing } = this.#init
    const facts = await replica.personFacts()
    if (facts === undefined || network === undefined || this.#descriptor.descriptor.names === undefined) return
    const names = await this.#known.claimedBy(facts.digest)
    if (names.length === 0 || !(await isConnected(network, RENEWAL_TIMEOUT_MS))) return
    await this.#tellDevices(network, facts)
    for (const name of names) {
      if (closing.aborted || !(await this.#isDue(name, facts.digest))) continue
      await this.claim(name, { timeoutMs: RENEWAL_TIMEOUT_MS, signal: closing })
    }
  }

  async revoked(): Promise<void> {
    const { replica, network, closing } = this.#init
    const facts = await replica.personFacts()
    if (facts === undefined || network === undefined || this.#descriptor.descriptor.names === undefined) return
    // Another device may have claimed them. Who is offline now does it when this data is opened next.
    if (!(await isConnected(network, ASK_TIMEOUT_MS))) return
    await this.#tellDevices(network, facts)
    await network.askNames({ names: [], persons: [facts.digest], timeoutMs: ASK_TIMEOUT_MS, signal: closing })
    await this.keepUp()
  }

  /** Authorities judge claims by the devices that they know of. */
  async #tellDevices(network: Network, { digest, parents }: PersonFacts): Promise<void> {
    const { replica, closing } = this.#init
    const mark = sha256(concatBytes(...parents))
    const before = await replica.getMeta(TOLD)
    if (before !== undefined && equalBytes(before, mark)) return
    const told = await network.tellNames({ names: [], statements: [], persons: [digest], timeoutMs: ASK_TIMEOUT_MS, signal: closing })
    if (told > 0) await replica.setMeta(TOLD, mark)
  }

  async #isDue(name: string, person: Uint8Array): Promise<boolean> {
    const state = await this.#state(name)
    if (isHeldBy(state, person)) return state.until - this.#now() <= RENEWAL_MS
    if (state.state !== 'free' && !('person' in state && equalBytes(state.person, person))) return false
    return !(await this.#isGivenUp(name, person))
  }

  /** Whether this person gave up, or away, a name after they claimed it last. What a device said that was revoked does not count. */
  async #isGivenUp(name: string, person: Uint8Array): Promise<boolean> {
    const statements = await this.#known.about(name)
    const actsFor = await actsForOf(this.#init.replica, statements)
    const mine = statements.filter(({ value }) => value.t !== 'name-grant' && equalBytes(value.person, person))
    const claimedAt = Math.max(0, ...mine.map(({ value }) => (value.t === 'name-claim' ? value.at : 0)))
    return mine.some(({ value }) => {
      if (value.t !== 'name-release' && value.t !== 'name-transfer') return false
      return value.at >= claimedAt && actsFor(cidOf(DAG_CBOR, person), value.by, value.at)
    })
  }

  #isFresh(asked: string): boolean {
    return this.#now() - (this.#askedAt.get(asked) ?? Number.NEGATIVE_INFINITY) < FRESH_MS
  }

  /** Where nobody can be asked now, what is known counts. */
  async #ask(name: string, { timeoutMs = ASK_TIMEOUT_MS, signal }: NameOptions): Promise<void> {
    const { network } = this.#init
    if (network === undefined || !(await isConnected(network, timeoutMs))) return
    if ((await network.askNames({ names: [name], persons: [], timeoutMs, ...(signal && { signal }) })) === 0) return
    this.#noteAsked([name])
  }

  /** Names, and ids of persons: no name looks like one. */
  #noteAsked(asked: readonly string[]): void {
    for (const one of asked) {
      this.#askedAt.delete(one)
      this.#askedAt.set(one, this.#now())
    }
    for (const oldest of this.#askedAt.keys()) {
      if (this.#askedAt.size <= MAX_FRESH) break
      this.#askedAt.delete(oldest)
    }
  }

  async #state(name: string): Promise<NameState> {
    return stateOfName(await this.#known.about(name), name, { replica: this.#init.replica, network: this.#descriptor, now: this.#now })
  }

  /** This person, and the network that hears of what they say. */
  async #actor(timeoutMs: number): Promise<readonly [person: Uint8Array, network: Network]> {
    this.#assertNames()
    const { replica, network } = this.#init
    const facts = await replica.personFacts()
    if (facts === undefined)
      throw new DocstoreError('no-person', 'Names belong to persons, and this data signs for its own key alone. Begin with new data for that')
    if (network === undefined) throw new DocstoreError('offline', 'This store was opened without a network')
    if (!(await isConnected(network, timeoutMs))) throw new DocstoreError('no-relay', 'No relay can be reached that could hear of it')
    return [facts.digest, network]
  }

  /** Relays may have told that this device was revoked. */
  async #assertActs(): Promise<void> {
    const { replica } = this.#init
    const { devices = [] } = (await replica.personFacts()) ?? {}
    const { author } = await ownIdentity(replica)
    if (devices.some(({ key, until }) => equalBytes(key, author) && until === undefined)) return
    throw new DocstoreError('not-allowed', 'This device was revoked, and says nothing for its person any more')
  }

  #assertNames(): void {
    if (this.#descriptor.descriptor.names === undefined)
      throw new DocstoreError(
        'no-name-authority',
        `The network ${JSON.stringify(this.#descriptor.descriptor.name)} has nobody who grants usernames. Names of domains, such as alice@example.org, work in it`,
      )
  }
}

async function isConnected(network: Network, timeoutMs: number): Promise<boolean> {
  return (await network.connected({ timeoutMs })) > 0 || (await network.isRelay())
}

/** The transfer by which a holder gives a name to somebody: the latest. */
function transferTo(statements: readonly VerifiedStatement[], holder: Uint8Array, person: Uint8Array): VerifiedStatement<NameTransfer> | undefined {
  return statements
    .filter((one): one is VerifiedStatement<NameTransfer> => one.value.t === 'name-transfer')
    .filter(({ value }) => equalBytes(value.person, holder) && equalBytes(value.to, person))
    .toSorted((a, b) => b.value.at - a.value.at)[0]
}

function isHeldBy(state: NameState, person: Uint8Array): state is Extract<NameState, { readonly claim: Uint8Array }> {
  return (state.state === 'held' || state.state === 'grace') && equalBytes(state.person, person)
}

function infoOf(name: string, state: NameState): NameInfo {
  const doubles = state.doubles.length === 0 ? {} : { doubles: state.doubles.map(({ authority }) => didOf(authority)) }
  if (state.state === 'free') return { name, state: 'free', ...doubles }
  const until = new Date(state.until).toISOString()
  return state.state === 'quarantine'
    ? { name, state: state.state, last: idOf(state.person), until, ...doubles }
    : { name, state: state.state, person: idOf(state.person), until, ...doubles }
}

function idOf(person: Uint8Array): string {
  return cidOf(DAG_CBOR, person).toString()
}

function digestOf(person: string): Uint8Array {
  const digest = parseCid(DAG_CBOR, person)?.multihash.digest
  if (digest !== undefined) return digest
  throw new DocstoreError(
    'bad-identity',
    `${JSON.stringify(person.slice(0, 80))} is no id of a person. It looks like bafyrei…; names belong to persons, not to keys`,
  )
}

/** The username that somebody typed. Throws `bad-username`. */
function usernameOf(text: string): string {
  const name = normalUsername(text)
  const fault = usernameFault(name)
  if (fault === undefined) return name
  // One of a domain is the domain's to grant.
  const ofDomain = /.@./.test(name) ? '. It looks like the name of a domain, whom its page names: docstore profile show looks those up' : ''
  throw new DocstoreError('bad-username', `${JSON.stringify(name.slice(0, 80))} is no username: ${FAULTS[fault]}${ofDomain}`, { details: { fault } })
}

const FAULTS: Readonly<Record<NonNullable<ReturnType<typeof usernameFault>>, string>> = {
  empty: 'it is empty',
  'too-short': 'it has 2 to 32 characters',
  'too-long': 'it has 2 to 32 characters',
  characters: 'it has a-z, 0-9, _ and -, and begins and ends with a letter or digit',
  bidi: 'it has characters that turn the direction of writing around',
  invisible: 'it has characters that nobody sees',
  homograph: 'it has letters of another alphabet that look like a-z',
  reserved: 'it would be taken for something that belongs to the network',
  'not-normal': 'it has a-z, 0-9, _ and -',
}

function notYours(name: string): DocstoreError {
  return new DocstoreError('not-allowed', `You do not have the username ${name}`)
}
