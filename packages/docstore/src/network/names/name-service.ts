import type { Connection } from '@libp2p/interface'
import { type Multiaddr, multiaddr } from '@multiformats/multiaddr'
import {
  compareBytes,
  DocstoreError,
  didOf,
  equalBytes,
  errorCode,
  errorMessage,
  type Ledger,
  type Network,
  type Replica,
  type Signed,
  toHex,
} from '@p2p-docstore/core'
import {
  CLAIM_AGE_MS,
  deniedClaims,
  denialsNeeded,
  isNameAuthority,
  readVerified,
  type VerifiedStatement,
  verifyStatement,
} from '@p2p-docstore/core/people/names'
import { type Misconduct, ownIdentity } from '../admission/index.ts'
import { delay, type Listen, until } from '../timing/index.ts'
import type { DocstoreLibp2p } from '../transport/index.ts'
import type { ClaimedName, DirectoryPeer } from '../types.ts'
import { personsOf } from './acts-for.ts'
import {
  ABSENT_MS,
  LATE_MS,
  MAX_ABSENT,
  MAX_ASKED_RELAYS,
  MAX_AUTHORITY_PEERS,
  MAX_RIVALS,
  MAX_WORDS,
  PASS_ON_MS,
  PATIENCE_MS,
  RETRY_MS,
} from './limits.ts'
import { NameAuthority } from './name-authority.ts'
import { NameKeeper } from './name-keeper.ts'
import { type ClaimAnswer, NamesClient, type NamesClientInit } from './names-client.ts'

/** What names of a running peer take. */
export interface NameServiceInit {
  readonly replica: Replica
  readonly network: Network
  readonly libp2p: DocstoreLibp2p
  /** Connections to the relays of this peer. */
  readonly relays: () => readonly Connection[]
  /** Who is listed, and their multiaddrs. */
  readonly listed: () => readonly DirectoryPeer[]
  readonly addresses: (peer: string) => readonly string[]
  readonly onListed: Listen
  /** Whether a connection to a peer is used by something else. */
  readonly isNeeded: (peer: string) => boolean
  readonly ledgerOf: (peer: string) => Ledger
  readonly ended: AbortSignal
  readonly now: () => number
}

/** Why a peer did not grant a name. */
interface Refusal {
  readonly code: string
  readonly message: string
  readonly peer: string
}

/** What a peer answered to a claim; `none`: it is no authority. */
type Answered = 'granted' | 'refused' | 'none'

/** Usernames of a network, as a running peer asks for them and, at a relay, tells and grants them. */
export class NameService {
  readonly #init: NameServiceInit
  readonly #keeper: NameKeeper
  readonly #authority: NameAuthority | undefined
  /** `did:key`s of the network's authorities; this peer's own is not among them. */
  readonly #authorities: readonly string[]
  readonly #client: NamesClientInit
  /** When others were last asked about names that nobody knew. */
  readonly #absent = new Map<string, number>()

  private constructor(init: NameServiceInit, keeper: NameKeeper, authority: NameAuthority | undefined, authorities: readonly string[]) {
    this.#init = init
    this.#keeper = keeper
    this.#authority = authority
    this.#authorities = authorities
    const { replica, network } = init
    this.#client = { replica, network, keeper, onMisdeed: (peer, misdeed) => this.#misconduct.note(peer, misdeed) }
  }

  static async open(init: NameServiceInit, { isRelay }: { readonly isRelay: boolean }): Promise<NameService> {
    const { replica, network, now } = init
    const identity = await ownIdentity(replica)
    const grants = isRelay && isNameAuthority(identity.author, network)
    const keeper = new NameKeeper({ replica, network, isAuthority: grants, now })
    const authority = grants ? new NameAuthority({ replica, network, identity, keeper, now }) : undefined
    const others = (network.descriptor.names?.authorities ?? []).filter((key) => !grants || !equalBytes(key, identity.author))
    return new NameService(init, keeper, authority, others.map(didOf))
  }

  get #misconduct(): Misconduct {
    return this.#init.libp2p.services.doorkeeper.misconduct
  }

  /** Answers others: what a relay does. */
  async serve(): Promise<void> {
    const { libp2p, replica, network, ledgerOf } = this.#init
    const { serveNames } = await import('./names-responder.ts')
    await serveNames(libp2p, {
      replica,
      keeper: this.#keeper,
      authority: this.#authority,
      networkId: network.id,
      misconduct: this.#misconduct,
      ledgerOf,
      onUnknown: (names) => this.#passOn(names),
    })
  }

  /** Others may know what nobody told here. Who asks for names that there are not does not have it asked again and again. */
  async #passOn(names: readonly string[]): Promise<void> {
    const now = performance.now()
    const due = names.filter((name) => now - (this.#absent.get(name) ?? Number.NEGATIVE_INFINITY) >= ABSENT_MS)
    if (due.length === 0) return
    for (const name of due) {
      this.#absent.delete(name)
      this.#absent.set(name, now)
    }
    for (const oldest of this.#absent.keys()) {
      if (this.#absent.size <= MAX_ABSENT) break
      this.#absent.delete(oldest)
    }
    const signal = AbortSignal.any([this.#init.ended, AbortSignal.timeout(PASS_ON_MS)])
    await this.#eachRelay(signal, (client) => client.about(due, { passed: true }))
  }

  /** Asks relays and authorities about names, and about those of persons; what they tell is kept in the data. Resolves with how many answered. */
  async ask(
    { names, persons }: { readonly names: readonly string[]; readonly persons: readonly Uint8Array[] },
    signal: AbortSignal,
  ): Promise<number> {
    return this.#eachRelay(signal, async (client) => {
      if (names.length > 0) await client.about(names)
      if (persons.length > 0) await client.of(persons)
    })
  }

  /**
   * Asks the authorities for a name until so many have granted it as the network wants, all have answered, or the signal aborts. What they granted is kept in the data, and other
   * relays are told.
   */
  async claim(claim: Signed, whole: AbortSignal): Promise<ClaimedName> {
    const read = readVerified(claim, this.#init.network)
    if (!read.ok) throw new DocstoreError(read.reason, 'That is no claim of a name of this network')
    const { name, person } = read.value.value
    const grants = new Map<string, Signed>()
    const refusals = new Map<string, Refusal>()
    const isTaken = (): boolean => [...refusals.values()].some(({ code }) => code === 'name-taken')
    const patience = new AbortController()
    let timer: ReturnType<typeof setTimeout> | undefined
    const note = async (answer: ClaimAnswer, peer: string): Promise<Answered> => {
      const how = await readAnswer(answer, peer)
      if (grants.size > 0 && isTaken()) timer ??= setTimeout(() => patience.abort(), PATIENCE_MS)
      return how
    }
    const readAnswer = async (answer: ClaimAnswer, peer: string): Promise<Answered> => {
      refusals.delete(peer)
      if ('code' in answer) {
        if (answer.code !== 'no-name-authority') refusals.set(peer, { ...answer, peer })
        return answer.code === 'no-name-authority' ? 'none' : 'refused'
      }
      const grant = await verifyStatement(answer.grant, this.#init.network)
      if (!grant.ok || grant.value.value.t !== 'name-grant' || !equalBytes(grant.value.value.claim, read.value.hash)) return 'none'
      grants.set(toHex(grant.value.value.by), answer.grant)
      return 'granted'
    }
    const self = this.#init.libp2p.peerId.toString()
    const ask = async (signal: AbortSignal): Promise<void> => {
      if (this.#authority !== undefined) await note(await answerOf(this.#authority.claim(claim)), self)
      const askOne = async (client: NamesClient, peer: string): Promise<Answered> => note(await client.claim(person, claim), peer)
      await this.#eachAuthority(signal, askOne, {
        isEnough: () => grants.size >= this.#quorum,
        needed: this.#quorum,
        refused: refusals.has(self) ? 1 : 0,
      })
      if (grants.size === 0) return
      await this.#keeper.take([claim, ...grants.values()])
      await this.tell({ names: [name], statements: [], persons: [person] }, whole)
    }
    try {
      await ask(AbortSignal.any([whole, patience.signal]))
      // Two who claim at one moment may have the authorities between them. One that answers slowly is heard too.
      if (isTaken() && grants.size < this.#quorum && ((await this.#endRivals(read.value, whole)) || patience.signal.aborted)) await ask(whole)
    } finally {
      clearTimeout(timer)
    }
    // Anybody can say no.
    const authorities = new Set([self, ...this.#listedAuthorities().map(({ peer }) => peer)])
    const all = [...refusals.values()]
    const theirs = all.filter(({ peer }) => authorities.has(peer))
    const told = theirs.length > 0 ? theirs : all
    return { granted: grants.size, refusals: told.map(({ code, message }) => ({ code, message })) }
  }

  /**
   * Has claims ended that others made of the same name, have some grants and no quorum, and come behind this one; resolves with whether there was one that authorities never grant now. They are
   * asked of few claims, so that it has an end.
   */
  async #endRivals(claim: VerifiedStatement, signal: AbortSignal): Promise<boolean> {
    const { network, now } = this.#init
    const { name, person } = claim.value
    await this.ask({ names: [name], persons: [] }, signal)
    const { state } = await this.#keeper.state(name)
    if (state === 'held' || state === 'grace') return false
    const known = await this.#keeper.known.about(name)
    const denied = deniedClaims(known, network)
    const rivals = known.filter(({ value, hash }) => {
      if (value.t !== 'name-claim' || equalBytes(value.person, person) || denied.has(toHex(hash))) return false
      const isBehind = compareBytes(claim.hash, hash) < 0 || value.at < now() - CLAIM_AGE_MS
      const granted = known.filter((one) => one.value.t === 'name-grant' && equalBytes(one.value.claim, hash)).length
      return isBehind && granted < this.#quorum
    })
    if (rivals.length === 0) return false
    // They deny what they know that others have granted.
    await this.tell({ names: [name], statements: [], persons: [] }, signal)
    let isAny = false
    for (const rival of rivals.slice(0, MAX_RIVALS)) isAny = (await this.#deny(rival, signal)) || isAny
    if (isAny) await this.tell({ names: [name], statements: [], persons: [] }, signal)
    return isAny
  }

  /** Asks all authorities to say that they never grant a claim; resolves with whether enough of them do. */
  async #deny(rival: VerifiedStatement, signal: AbortSignal): Promise<boolean> {
    const { network } = this.#init
    const denials = new Map<string, Signed>()
    const note = async (denial: Signed | undefined): Promise<Answered> => {
      const read = denial && (await verifyStatement(denial, network))
      if (denial === undefined || read?.ok !== true) return 'refused'
      const { value } = read.value
      if (value.t !== 'name-denial' || !equalBytes(value.claim, rival.hash)) return 'none'
      denials.set(toHex(value.by), denial)
      return 'granted'
    }
    const own = this.#authority && (await note(await this.#authority.deny(rival.signed).catch(() => undefined)))
    const needed = network.descriptor.names === undefined ? Number.POSITIVE_INFINITY : denialsNeeded(network.descriptor.names)
    const ask = async (client: NamesClient): Promise<Answered> => note(await client.deny(rival.signed))
    await this.#eachAuthority(signal, ask, { isEnough: () => denials.size >= needed, needed, refused: own === 'refused' ? 1 : 0 })
    await this.#keeper.take([...denials.values()])
    return denials.size >= needed
  }

  get #quorum(): number {
    return this.#init.network.descriptor.names?.quorum ?? Number.POSITIVE_INFINITY
  }

  /**
   * Keeps statements, and tells relays and authorities all that is known of these names, with the logs of those who said it, and of other persons. Resolves with how many were
   * reached.
   */
  async tell(
    {
      names,
      statements,
      persons,
    }: { readonly names: readonly string[]; readonly statements: readonly Signed[]; readonly persons: readonly Uint8Array[] },
    signal: AbortSignal,
  ): Promise<number> {
    await this.#keeper.take(statements)
    const told: VerifiedStatement[][] = []
    for (const name of names) told.push([...(await this.#keeper.known.about(name))])
    return this.#eachRelay(signal, async (client) => {
      await client.tell(persons, [])
      for (const about of told) {
        const signers = personsOf(about).filter((one) => !persons.some((person) => equalBytes(person, one)))
        await client.tell(
          signers.slice(0, MAX_WORDS),
          about.map(({ signed }) => signed),
        )
      }
    })
  }

  /** Does something with connected relays and with the authorities that are listed; resolves with how many of them could do it. */
  async #eachRelay(signal: AbortSignal, work: (client: NamesClient) => Promise<unknown>): Promise<number> {
    const relays = this.#init.relays().slice(0, MAX_ASKED_RELAYS)
    const connected = new Set(relays.map(({ remotePeer }) => remotePeer.toString()))
    const others = this.#listedAuthorities().filter(({ peer }) => !connected.has(peer))
    const enough = new AbortController()
    const ended = AbortSignal.any([signal, enough.signal])
    const first = Promise.withResolvers<void>()
    let count = 0
    const done = [
      ...relays.map((relay) => NamesClient.with(relay, this.#client, ended, work)),
      ...others.slice(0, MAX_ASKED_RELAYS).map(({ peer }) => this.#withPeer(peer, ended, work)),
    ].map(async (one) => {
      await one
      count++
      first.resolve()
    })
    const all = Promise.allSettled(done)
    // One that is listed and gone must not make everybody wait who asks.
    await Promise.race([all, first.promise.then(() => delay(LATE_MS, signal))])
    enough.abort()
    await all
    return count
  }

  #listedAuthorities(): readonly DirectoryPeer[] {
    return this.#init.listed().filter(({ identity, isSelf }) => identity !== undefined && !isSelf && this.#authorities.includes(identity))
  }

  /**
   * Asks connected relays, of which some may be authorities, and each authority as soon as it is listed, until there is enough, or more have refused than are to spare. Who is no authority
   * can say no, and does not count.
   */
  async #eachAuthority(
    signal: AbortSignal,
    ask: (client: NamesClient, peer: string) => Promise<Answered>,
    { isEnough, needed, refused: before }: { readonly isEnough: () => boolean; readonly needed: number; readonly refused: number },
  ): Promise<void> {
    // So many may refuse, this peer included, and there can be enough.
    const spare = (this.#init.network.descriptor.names?.authorities.length ?? 0) - needed - before
    if (this.#authorities.length === 0 || isEnough() || spare < 0) return
    const enough = new AbortController()
    const ended = AbortSignal.any([signal, enough.signal])
    const asked = new Map<string, Promise<void>>()
    const answered = new Map<string, Answered>()
    const waiting = new Set<() => void>()
    const begin = (peer: string): void => {
      if (asked.has(peer)) return
      const work = async (): Promise<void> => {
        try {
          answered.set(peer, await this.#withPeer(peer, ended, (client) => ask(client, peer)))
        } catch {
          // One that is listed and gone keeps nothing from the others; one that has just moved is asked again, where it is by then.
          await delay(RETRY_MS, ended)
          asked.delete(peer)
        }
        for (const listener of waiting) listener()
      }
      asked.set(peer, work())
    }
    const isDone = (): boolean => {
      const listed = new Set(this.#listedAuthorities().map(({ peer }) => peer))
      for (const peer of [...listed].slice(0, MAX_AUTHORITY_PEERS)) begin(peer)
      for (const { remotePeer } of this.#init.relays().slice(0, MAX_ASKED_RELAYS)) begin(remotePeer.toString())
      const refused = [...answered].filter(([peer, how]) => how === 'refused' && listed.has(peer)).length
      return isEnough() || refused > spare
    }
    const onChange: Listen = (listener) => {
      waiting.add(listener)
      const unlisten = this.#init.onListed(listener)
      return () => {
        waiting.delete(listener)
        unlisten()
      }
    }
    await until(isDone, onChange, ended)
    await Promise.race([Promise.all(asked.values()), delay(LATE_MS, ended)])
    enough.abort()
    await Promise.all(asked.values())
  }

  /** A connection that is opened for this alone is closed again. */
  async #withPeer<T>(peer: string, signal: AbortSignal, work: (client: NamesClient) => Promise<T>): Promise<T> {
    const { libp2p, addresses, isNeeded } = this.#init
    const open = libp2p.getConnections().find((one) => one.remotePeer.toString() === peer && one.status === 'open' && one.limits === undefined)
    if (open !== undefined) return NamesClient.with(open, this.#client, signal, work)
    const { addressBook } = libp2p.services.doorkeeper
    const reachable = addresses(peer)
      .map((address): Multiaddr => multiaddr(address))
      .filter((address) => addressBook.allows(address))
    if (reachable.length === 0) throw new DocstoreError('no-address', 'The authority has no address that can be dialled from here')
    const connection = await libp2p.dial(reachable, { signal })
    try {
      return await NamesClient.with(connection, this.#client, signal, work)
    } finally {
      if (!isNeeded(peer))
        await connection.close({ signal: AbortSignal.timeout(LATE_MS) }).catch(() => connection.abort(new Error('not needed any more')))
    }
  }
}

/** The answer of this very peer. */
async function answerOf(grant: Promise<Signed>): Promise<ClaimAnswer> {
  try {
    return { grant: await grant }
  } catch (error) {
    return { code: errorCode(error), message: errorMessage(error) }
  }
}
