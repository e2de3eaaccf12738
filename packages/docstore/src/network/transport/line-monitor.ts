import type { ComponentLogger, Connection, Libp2pEvents, Startable, TypedEventTarget } from '@libp2p/interface'
import { pingConnection } from './ping-connection.ts'

/** How often it is looked which connections have been silent for long, milliseconds. */
const LOOK_MS = 1000

/** What is used of a connection that libp2p does not show. */
interface Line extends Connection {
  readonly muxer?: { ping?(options: { signal: AbortSignal }): Promise<number> }
  readonly maConn?: { addEventListener(event: 'message', listener: () => void): void }
}

/** What looking after connections takes. */
export interface LineMonitorInit {
  /** How long a connection may be silent before it is tried, and how long an answer may take, milliseconds. */
  readonly silenceMs: number
  readonly timeoutMs: number
  readonly networkId: string
  /** Running time, milliseconds. */
  readonly now?: () => number
}

/** What it uses of libp2p. */
export interface LineMonitorComponents {
  readonly events: TypedEventTarget<Libp2pEvents>
  readonly logger: ComponentLogger
}

/**
 * Ends connections that broke without a word: whoever has been silent for so long is pinged. In place of libp2p's connection monitor, which
 * opens a stream for each ping, on all connections at once, also on those where something has just come.
 */
export class LineMonitor implements Startable {
  readonly #components: LineMonitorComponents
  readonly #init: LineMonitorInit
  /** When something last came over each connection, or it was last tried. */
  readonly #heard = new Map<Line, number>()
  readonly #now: () => number
  readonly #stopped = new AbortController()
  #looking: ReturnType<typeof setInterval> | undefined

  constructor(components: LineMonitorComponents, init: LineMonitorInit) {
    this.#components = components
    this.#init = init
    this.#now = init.now ?? (() => performance.now())
  }

  start(): void {
    this.#components.events.addEventListener('connection:open', this.#onOpen)
    this.#components.events.addEventListener('connection:close', this.#onClose)
    this.#looking = setInterval(() => this.look(), LOOK_MS)
  }

  stop(): void {
    this.#components.events.removeEventListener('connection:open', this.#onOpen)
    this.#components.events.removeEventListener('connection:close', this.#onClose)
    clearInterval(this.#looking)
    this.#stopped.abort()
    this.#heard.clear()
  }

  /** Tries those that have been silent for too long. */
  look(): void {
    const now = this.#now()
    for (const [line, heard] of this.#heard) {
      if (now - heard < this.#init.silenceMs) continue
      this.#heard.set(line, now)
      this.#try(line)
    }
  }

  readonly #onOpen = ({ detail: connection }: CustomEvent<Connection>): void => {
    const line: Line = connection
    if (line.status !== 'open') return
    this.#heard.set(line, this.#now())
    line.maConn?.addEventListener('message', () => {
      if (this.#heard.has(line)) this.#heard.set(line, this.#now())
    })
  }

  readonly #onClose = ({ detail: connection }: CustomEvent<Connection>): void => {
    this.#heard.delete(connection)
  }

  #try(line: Line): void {
    const signal = AbortSignal.any([this.#stopped.signal, AbortSignal.timeout(this.#init.timeoutMs)])
    // Over WebRTC there is no muxer that pings by itself.
    const trying: Promise<unknown> = line.muxer?.ping === undefined ? pingConnection(line, this.#init.networkId, signal) : line.muxer.ping({ signal })
    trying.catch((cause: unknown) => {
      // Whoever says that it knows no pings is there.
      if (line.status !== 'open' || this.#stopped.signal.aborted || isUnsupported(cause)) return
      this.#components.logger.forComponent('docstore:line')('%p does not answer any more - %e', line.remotePeer, cause)
      line.abort(new Error('The other side does not answer any more', { cause }))
    })
  }
}

function isUnsupported(cause: unknown): boolean {
  return cause instanceof Error && cause.name === 'UnsupportedProtocolError'
}
