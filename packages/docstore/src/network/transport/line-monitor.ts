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
  readonly networkId: string
  /** How long a connection may be silent before it is tried, and how long an answer may take then, milliseconds. */
  readonly silenceMs: number
  readonly answerMs: number
}

/** How often it was looked since something last came over a connection, and whether it was tried since. */
interface Silence {
  looks: number
  isTried: boolean
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
  readonly #silences = new Map<Line, Silence>()
  readonly #stopped = new AbortController()
  #looking: ReturnType<typeof setInterval> | undefined

  constructor(components: LineMonitorComponents, init: LineMonitorInit) {
    this.#components = components
    this.#init = init
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
    this.#silences.clear()
  }

  /** To be called once a second. The looks are counted, and not the time: whoever stood still itself has heard nothing either. */
  look(): void {
    const { silenceMs, answerMs } = this.#init
    for (const [line, silence] of this.#silences) {
      silence.looks++
      if (!silence.isTried && silence.looks * LOOK_MS >= silenceMs) {
        silence.isTried = true
        this.#try(line)
      } else if (silence.looks * LOOK_MS >= silenceMs + answerMs) this.#end(line)
    }
  }

  readonly #onOpen = ({ detail: connection }: CustomEvent<Connection>): void => {
    const line: Line = connection
    if (line.status !== 'open') return
    this.#silences.set(line, { looks: 0, isTried: false })
    line.maConn?.addEventListener('message', () => this.#heard(line))
  }

  readonly #onClose = ({ detail: connection }: CustomEvent<Connection>): void => {
    this.#silences.delete(connection)
  }

  #heard(line: Line): void {
    const silence = this.#silences.get(line)
    if (silence === undefined) return
    silence.looks = 0
    silence.isTried = false
  }

  #try(line: Line): void {
    const { signal } = this.#stopped
    // Over WebRTC there is no muxer that pings by itself.
    const answered: Promise<unknown> =
      line.muxer?.ping === undefined ? pingConnection(line, this.#init.networkId, signal) : line.muxer.ping({ signal })
    answered.then(
      () => this.#heard(line),
      // Whoever says that it knows no pings is there; all others end when time is over.
      (cause: unknown) => {
        if (isUnsupported(cause)) this.#heard(line)
        else this.#components.logger.forComponent('docstore:line')('%p could not be tried - %e', line.remotePeer, cause)
      },
    )
  }

  #end(line: Line): void {
    this.#silences.delete(line)
    if (line.status === 'open') line.abort(new Error('The other side does not answer any more'))
  }
}

function isUnsupported(cause: unknown): boolean {
  return cause instanceof Error && cause.name === 'UnsupportedProtocolError'
}
