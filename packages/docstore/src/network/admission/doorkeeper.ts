import type {
  ComponentLogger,
  Connection,
  Libp2pEvents,
  PeerId,
  PeerStore,
  Startable,
  Stream,
  StreamHandler,
  StreamHandlerOptions,
  TypedEventTarget,
} from '@libp2p/interface'
import type { Multiaddr } from '@multiformats/multiaddr'
import { DocstoreError, errorCode } from '@p2p-docstore/core'
import type { Admission, Guest } from './admission.ts'
import { type GatedRegistrar, installGate } from './gate.ts'
import { answerGreeting, greet, helloProtocol, refusal, refused } from './hello.ts'
import { type NetworkService, offers } from '../relay-services.ts'
import { ADMISSION_TIMEOUT_MS, IDENTIFY_TIMEOUT_MS, MAX_CONNECTIONS_PER_PEER } from '../limits.ts'
import type { Misconduct } from './misconduct.ts'

/** How often peers that have left are forgotten, milliseconds. libp2p would remember everyone who ever came. */
const FORGET_INTERVAL_MS: number = 10 * 60_000

/** Marks peers that are remembered for longer: Kademlia tells others how they are reached. It marks those of its own table itself. */
export const PROVIDER_TAG = 'docstore-provider'
const KEPT_TAGS: readonly string[] = [PROVIDER_TAG, 'kad-peer']

/** How long an earlier connection of a peer that comes again may take to show that it still works, milliseconds. */
const PROBE_TIMEOUT_MS = 2000

/** How long a guest may take to identify itself on a first stream, before it is asked once more on another, milliseconds. */
const FIRST_IDENTIFY_MS = 2000

/** How often it is looked whether somebody is here whose invitation has expired, milliseconds. */
const EXPIRY_INTERVAL_MS = 30_000

/** Connections of one host that may be on their way in; behind a proxy all of them have one. A greeting takes a tenth of a second. */
const MAX_ARRIVING = 200

/** Reasons that show that somebody is none of ours, and not only one for whom there is no room or no time. */
const STRANGE: ReadonlySet<string> = new Set(['other-network', 'not-invited', 'no-hello', 'bad-hello'])

/** What the doorkeeper uses of libp2p. */
export interface DoorkeeperComponents {
  readonly events: TypedEventTarget<Libp2pEvents>
  readonly logger: ComponentLogger
  readonly connectionManager: { getConnections(peer?: PeerId): readonly Connection[] }
  readonly registrar: GatedRegistrar & { handle(protocol: string, handler: StreamHandler, options?: StreamHandlerOptions): Promise<void> }
  readonly peerStore: Pick<PeerStore, 'all' | 'delete'>
  readonly identify: { identify(connection: Connection, options?: { readonly signal?: AbortSignal }): Promise<unknown> }
}

/** Which addresses of others may be noted: those of everybody until it is known where this peer is itself. */
export interface AddressBook {
  allows: (address: Multiaddr) => boolean
}

/** What the doorkeeper goes by. */
export interface DoorkeeperInit {
  readonly addressBook: AddressBook
  readonly misconduct: Misconduct
  readonly admission: Admission
  /** Connections from which on newcomers are turned away. */
  readonly fullAt: number
}

/** A connection on its way in. */
interface Visit {
  /** Resolves when it is let in, rejects when it is not. */
  readonly settled: PromiseWithResolvers<Guest>
  hasGreeted: boolean
  guest?: Guest
  /** Why it was not let in. */
  refusal?: unknown
}

/**
 * Decides who may be connected to this peer: nobody of other networks, nobody without the invitation that ours asks for, nobody who
 * misbehaved, and each peer only so often. The two ends of a connection greet each other before anything else goes over it.
 */
export class Doorkeeper implements Startable {
  readonly misconduct: Misconduct
  readonly admission: Admission
  readonly addressBook: AddressBook
  readonly #components: DoorkeeperComponents
  readonly #fullAt: number
  readonly #visits = new WeakMap<Connection, Visit>()
  readonly #identifying = new Map<Connection, Promise<unknown>>()
  readonly #refusals = new Map<string, number>()
  readonly #turnedAway = new Set<(peer: string, code: string) => void>()
  readonly #listeners = new Set<(connection: Connection, guest: Guest) => void>()
  /** Connections that were let in, and how many of each host were not yet. */
  readonly #guests = new Set<Connection>()
  readonly #arriving = new Map<string, number>()
  readonly #ends: (() => void)[] = []

  constructor(components: DoorkeeperComponents, { misconduct, admission, addressBook, fullAt }: DoorkeeperInit) {
    this.#components = components
    this.misconduct = misconduct
    this.admission = admission
    this.addressBook = addressBook
    this.#fullAt = fullAt
    installGate(components.registrar, this.#protocol, {
      isAdmitted: (connection) => this.guestOf(connection) !== undefined,
      admitted: (connection) => this.#visit(connection).settled.promise,
    })
  }

  get #protocol(): string {
    return helloProtocol(this.admission.network.id)
  }

  /** Connections that were ended because the other side did not show that it is of our network. */
  get strangers(): number {
    return [...this.#refusals].reduce((sum, [code, count]) => sum + (STRANGE.has(code) ? count : 0), 0)
  }

  /** How many connections were not let in, by reason. */
  get refusals(): ReadonlyMap<string, number> {
    return this.#refusals
  }

  /** Who is at the other end of a connection, once it was let in. */
  guestOf(connection: Connection): Guest | undefined {
    return this.#visits.get(connection)?.guest
  }

  /** Whether the relay at the other end offers a service; true also before it has greeted. */
  offers(connection: Connection, service: NetworkService): boolean {
    return offers(this.guestOf(connection)?.services, service)
  }

  /** Why a connection was not let in, by us or by the other side. */
  refusalOf(connection: Connection): unknown {
    return this.#visits.get(connection)?.refusal
  }

  /** Resolves when it is decided whether a connection is let in: within some five seconds. */
  async decided(connection: Connection): Promise<void> {
    await this.#visit(connection).settled.promise.catch(() => undefined)
  }

  /** Calls back when somebody who came was not let in, and why. Returns the way to stop. */
  onTurnedAway(listener: (peer: string, code: string) => void): () => void {
    this.#turnedAway.add(listener)
    return () => this.#turnedAway.delete(listener)
  }

  /** Calls back when a connection is let in. Returns the way to stop. */
  onGuest(listener: (connection: Connection, guest: Guest) => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  async start(): Promise<void> {
    const { events, logger, registrar } = this.#components
    const log = logger.forComponent('docstore:doorkeeper')
    events.addEventListener('connection:open', this.#onOpen)
    events.addEventListener('connection:close', this.#onClose)
    const forgetting = setInterval(() => {
      this.#forget().catch((error: unknown) => log.error('peers that have left could not be forgotten - %e', error))
    }, FORGET_INTERVAL_MS)
    const showOut = (): void => {
      this.#showOutUninvited().catch((error: unknown) => log.error('nobody could be asked who is invited no more - %e', error))
    }
    const expiring = setInterval(showOut, EXPIRY_INTERVAL_MS)
    this.#ends.push(
      () => clearInterval(forgetting),
      () => clearInterval(expiring),
      this.admission.onRevocation(showOut),
      this.misconduct.onRefusal((peer, misdeed) => {
        log('%s is refused for a while because of %s', peer, misdeed)
        this.#showOut(peer, new DocstoreError('misconduct', `The peer breaks the protocol (${misdeed})`))
      }),
    )
    await registrar.handle(this.#protocol, (stream, connection) => this.#onHello(stream, connection), {
      runOnLimitedConnection: true,
      maxInboundStreams: 1,
    })
  }

  stop(): void {
    this.#components.events.removeEventListener('connection:open', this.#onOpen)
    this.#components.events.removeEventListener('connection:close', this.#onClose)
    for (const end of this.#ends.splice(0)) end()
  }

  /** A connection on its way in. Whichever comes first begins it: the connection itself, or a stream on it. */
  #visit(connection: Connection): Visit {
    const known = this.#visits.get(connection)
    if (known !== undefined) return known
    const visit: Visit = { settled: Promise.withResolvers(), hasGreeted: connection.direction === 'outbound' }
    const { promise, resolve, reject } = visit.settled
    this.#visits.set(connection, visit)
    const late = setTimeout(() => {
      if (!visit.hasGreeted) reject(refusal('no-hello'))
    }, ADMISSION_TIMEOUT_MS)
    const onClose = (): void => {
      this.#guests.delete(connection)
      reject(new DocstoreError('connection-lost', 'The connection was lost during the greeting'))
    }
    connection.addEventListener('close', onClose, { once: true })
    if (connection.direction === 'inbound') this.#arrive(connection, promise, reject)
    promise.then(
      (guest) => {
        clearTimeout(late)
        visit.guest = guest
        this.#guests.add(connection)
        for (const listener of this.#listeners) listener(connection, guest)
      },
      (reason: unknown) => {
        clearTimeout(late)
        this.#noteRefusal(connection, visit, reason)
        if (connection.status === 'open') connection.abort(reason instanceof Error ? reason : refusal('bad-hello', reason))
      },
    )
    if (connection.direction === 'outbound') this.#greet(connection).then(resolve, reject)
    return visit
  }

  /** Whoever only connects and says nothing must not take the places of those who greet. */
  #arrive({ remoteAddr }: Connection, settled: Promise<unknown>, reject: (reason: unknown) => void): void {
    const host = remoteAddr.getComponents()[0]?.value ?? ''
    const arriving = (this.#arriving.get(host) ?? 0) + 1
    this.#arriving.set(host, arriving)
    const arrived = (): void => {
      const left = (this.#arriving.get(host) ?? 1) - 1
      if (left > 0) this.#arriving.set(host, left)
      else this.#arriving.delete(host)
    }
    settled.then(arrived, arrived)
    if (arriving > MAX_ARRIVING) reject(refused('relay-full'))
  }

  #noteRefusal({ direction, remotePeer }: Connection, visit: Visit, reason: unknown): void {
    if (visit.refusal !== undefined) return
    visit.refusal = reason
    const code = errorCode(reason)
    if (code === 'connection-lost') return
    this.#refusals.set(code, (this.#refusals.get(code) ?? 0) + 1)
    if (direction === 'inbound') for (const listener of this.#turnedAway) listener(remotePeer.toString(), code)
  }

  async #greet(connection: Connection): Promise<Guest> {
    const answer = await greet(connection, this.#protocol, await this.admission.hello())
    return this.admission.judge(answer, connection.remotePeer.toString())
  }

  readonly #onHello = async (stream: Stream, connection: Connection): Promise<void> => {
    const visit = this.#visit(connection)
    if (visit.hasGreeted) {
      stream.abort(new DocstoreError('bad-hello', 'The side that opened the connection greets, once'))
      return
    }
    visit.hasGreeted = true
    await answerGreeting(stream, connection, {
      judge: async (hello) => {
        if (this.#guests.size >= this.#fullAt) throw refused('relay-full')
        // Before it is answered, so that what we open goes out with the answer.
        visit.settled.resolve(await this.admission.judge(hello, connection.remotePeer.toString()))
      },
      own: () => this.admission.hello(),
      onRefusal: (reason) => this.#noteRefusal(connection, visit, reason),
    }).catch(visit.settled.reject)
  }

  readonly #onOpen = ({ detail: connection }: CustomEvent<Connection>): void => {
    const peer = connection.remotePeer
    const all = this.#components.connectionManager.getConnections(peer)
    if (all.length > MAX_CONNECTIONS_PER_PEER) {
      // The newest is the one that surely works.
      const [oldest] = all.toSorted((a, b) => a.timeline.open - b.timeline.open)
      oldest?.abort(new DocstoreError('too-many-connections', `A peer has at most ${MAX_CONNECTIONS_PER_PEER} connections here`))
      this.misconduct.note(peer.toString(), 'too-many-connections')
    }
    const { settled } = this.#visit(connection)
    // Begun at once, it waits at the gate; whoever does not speak the protocol of this name is found out without waiting for a greeting.
    this.#introduce(connection, settled.promise).catch((cause: unknown) => {
      if (connection.status !== 'open') return
      if (this.guestOf(connection) === undefined && isUnsupported(cause)) settled.reject(refused('other-network', cause))
      if (this.guestOf(connection) !== undefined)
        connection.abort(new DocstoreError('stranger', 'The other side does not say which protocols it speaks', { cause }))
    })
    for (const earlier of all) if (earlier !== connection && earlier.status === 'open') this.#probe(earlier)
  }

  /**
   * Identifies the other side. One stream that is not answered shows nothing about a guest who has greeted: Firefox does not always notice a data channel
   * that has the number of one which was closed the moment it opened. So it is asked once more, on another.
   */
  async #introduce(connection: Connection, settled: Promise<unknown>): Promise<void> {
    const end = AbortSignal.timeout(IDENTIFY_TIMEOUT_MS)
    const first = new AbortController()
    let late: ReturnType<typeof setTimeout> | undefined
    settled.then(
      () => {
        late = setTimeout(() => first.abort(), FIRST_IDENTIFY_MS)
      },
      () => undefined,
    )
    try {
      await this.#identify(connection, AbortSignal.any([end, first.signal]))
    } catch (error) {
      if (!first.signal.aborted || end.aborted || connection.status !== 'open') throw error
      await this.#identify(connection, end)
    } finally {
      clearTimeout(late)
    }
  }

  /** A browser that was closed says no goodbye. When it is back, what goes to it over its earlier connection is lost until that one ends. */
  #probe(earlier: Connection): void {
    this.#identify(earlier, AbortSignal.timeout(PROBE_TIMEOUT_MS)).catch((cause: unknown) => {
      if (earlier.status === 'open') earlier.abort(new DocstoreError('connection-lost', 'The peer came again, and does not answer here', { cause }))
    })
  }

  /** Identifying a peer once more opens on a connection that is left what went with the other one: GossipSub's stream. */
  readonly #onClose = ({ detail: { remotePeer } }: CustomEvent<Connection>): void => {
    // After this turn: where all of them are closed at once, none is left, and a stream on one that is just closing would be an uncaught error.
    setTimeout(() => {
      const left = this.#components.connectionManager.getConnections(remotePeer).find(({ status }) => status === 'open')
      // Those who use it notice when it fails.
      if (left !== undefined) this.#identify(left).catch(() => undefined)
    })
  }

  /** Once at a time: the other side answers no second request meanwhile. */
  #identify(connection: Connection, signal?: AbortSignal): Promise<unknown> {
    const running = this.#identifying.get(connection)
    if (running !== undefined) return running
    const started = this.#components.identify.identify(connection, signal === undefined ? {} : { signal }).finally(() => {
      this.#identifying.delete(connection)
    })
    this.#identifying.set(connection, started)
    return started
  }

  /** Ends the connections of those whose invitation was taken back, or has expired. */
  async #showOutUninvited(): Promise<void> {
    for (const connection of this.#components.connectionManager.getConnections()) {
      const invitation = this.guestOf(connection)?.invitation
      const end = invitation && (await this.admission.endOf(invitation))
      if (end !== undefined && connection.status === 'open') connection.abort(end)
    }
  }

  #showOut(peer: string, error: Error): void {
    for (const connection of this.#components.connectionManager.getConnections())
      if (connection.remotePeer.toString() === peer) connection.abort(error)
  }

  async #forget(): Promise<void> {
    const { peerStore, connectionManager } = this.#components
    for (const { id, tags } of await peerStore.all())
      if (connectionManager.getConnections(id).length === 0 && !KEPT_TAGS.some((tag) => tags.has(tag))) await peerStore.delete(id)
  }
}

function isUnsupported(cause: unknown): boolean {
  return cause instanceof Error && cause.name === 'UnsupportedProtocolError'
}
