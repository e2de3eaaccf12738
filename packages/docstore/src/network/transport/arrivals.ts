import { hostOf } from './host-of.ts'

/** What is used of a socket; without Node's types, which a program that uses the package may not have. */
export interface ArrivingSocket {
  readonly remoteAddress?: string | undefined
  readonly remotePort?: number | undefined
  destroy(): unknown
  once(event: 'close', listener: () => void): unknown
}

/** How many sockets a listener takes. */
export interface ArrivalsInit {
  /** Sockets at once, and those of one host. */
  readonly max: number
  readonly maxPerHost: number
  /** How long a socket may take to say what it wants, milliseconds. */
  readonly timeoutMs: number
  readonly now?: () => number
}

/** How long somebody who has just come keeps his place before those who have had theirs, milliseconds: a request is on its way for moments. */
const GRACE_MS = 1000
/** How long an answer may take to be read before its place is given to somebody who has just come, milliseconds. */
const PATIENCE_MS = 2000

interface Arrival {
  readonly socket: ArrivingSocket
  readonly host: string
  readonly port: number
  /** `silent` before the first request, `busy` while one is answered, `idle` between two. */
  state: 'silent' | 'busy' | 'idle'
  since: number
  /** Runs while it has not said what it wants. */
  timer: ReturnType<typeof setTimeout> | undefined
}

/**
 * The sockets of a listener. Who connects and says nothing is let go after a while, and at once where others need the place: those who mean it say so
 * within moments. One host cannot have all places, and where there is none left, it is of the host with the most that one becomes free. Whoever comes last gets
 * it from those who have had theirs: who is silent for long, who has his answer, who does not read it.
 */
export class Arrivals {
  readonly #init: ArrivalsInit
  /** In the order in which they came. */
  readonly #arrivals = new Set<Arrival>()
  readonly #byPort = new Map<number, Set<Arrival>>()
  readonly #perHost = new Map<string, number>()
  readonly #now: () => number

  constructor(init: ArrivalsInit) {
    this.#init = init
    this.#now = init.now ?? Date.now
  }

  /** How many sockets there are. */
  get size(): number {
    return this.#arrivals.size
  }

  /** Takes a new socket in; false where there is no place for it, and it was ended. */
  arrive(socket: ArrivingSocket): boolean {
    const { max, maxPerHost, timeoutMs } = this.#init
    const host = hostOf(socket.remoteAddress ?? '')
    const isHostFull = (this.#perHost.get(host) ?? 0) >= maxPerHost
    if ((isHostFull && !this.#makeRoom(host)) || (this.#arrivals.size >= max && !this.#makeRoom(this.#largestHost()))) {
      socket.destroy()
      return false
    }
    const timer = setTimeout(() => this.#end(arrival), timeoutMs)
    const arrival: Arrival = { socket, host, port: socket.remotePort ?? 0, state: 'silent', since: this.#now(), timer }
    this.#arrivals.add(arrival)
    const samePort = this.#byPort.get(arrival.port) ?? new Set()
    this.#byPort.set(arrival.port, samePort.add(arrival))
    this.#perHost.set(host, (this.#perHost.get(host) ?? 0) + 1)
    socket.once('close', () => this.#forget(arrival))
    return true
  }

  /** The socket has said what it wants: it may stay, and keeps its place as long as its answer moves on. */
  settle(remoteAddress: string | undefined, remotePort: number | undefined): void {
    this.#become('busy', remoteAddress, remotePort)
  }

  /** The socket has its answer, and may ask again. */
  rest(remoteAddress: string | undefined, remotePort: number | undefined): void {
    this.#become('idle', remoteAddress, remotePort)
  }

  #become(state: 'busy' | 'idle', remoteAddress: string | undefined, remotePort: number | undefined): void {
    const arrival = this.#find(remoteAddress, remotePort)
    if (arrival === undefined) return
    clearTimeout(arrival.timer)
    arrival.timer = undefined
    arrival.state = state
    arrival.since = this.#now()
  }

  /** Others look after the socket from now on: its place is free. */
  leave(remoteAddress: string | undefined, remotePort: number | undefined): void {
    const arrival = this.#find(remoteAddress, remotePort)
    if (arrival !== undefined) this.#forget(arrival)
  }

  /** Ends all that have not said what they want. */
  close(): void {
    for (const arrival of this.#arrivals) if (arrival.timer !== undefined) this.#end(arrival)
  }

  /** By address and port, which a socket and what is made of it have in common. */
  #find(remoteAddress: string | undefined, remotePort: number | undefined): Arrival | undefined {
    const samePort = [...(this.#byPort.get(remotePort ?? 0) ?? [])]
    const host = hostOf(remoteAddress ?? '')
    // An address can be written in more than one way.
    return samePort.find((one) => one.host === host) ?? samePort[0]
  }

  /** Whether somebody of a host gives way. */
  #makeRoom(host: string): boolean {
    const now = this.#now()
    const ofHost = [...this.#arrivals].filter((one) => one.host === host)
    const longest = (state: Arrival['state'], leastMs: number): Arrival | undefined =>
      ofHost.filter((one) => one.state === state && now - one.since >= leastMs).toSorted((a, b) => a.since - b.since)[0]
    // Those who have just come last: while places change hands quickly, nobody else would ever have time to ask.
    const arrival = longest('silent', GRACE_MS) ?? longest('idle', 0) ?? longest('busy', PATIENCE_MS) ?? longest('silent', 0)
    if (arrival !== undefined) this.#end(arrival)
    return arrival !== undefined
  }

  #largestHost(): string {
    let largest = ''
    for (const [host, count] of this.#perHost) if (count > (this.#perHost.get(largest) ?? 0)) largest = host
    return largest
  }

  #end(arrival: Arrival): void {
    this.#forget(arrival)
    arrival.socket.destroy()
  }

  #forget(arrival: Arrival): void {
    clearTimeout(arrival.timer)
    if (!this.#arrivals.delete(arrival)) return
    const samePort = this.#byPort.get(arrival.port)
    samePort?.delete(arrival)
    if (samePort?.size === 0) this.#byPort.delete(arrival.port)
    const left = (this.#perHost.get(arrival.host) ?? 1) - 1
    if (left > 0) this.#perHost.set(arrival.host, left)
    else this.#perHost.delete(arrival.host)
  }
}
