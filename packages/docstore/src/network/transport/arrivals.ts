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
}

interface Arrival {
  readonly socket: ArrivingSocket
  readonly host: string
  readonly port: number
  /** Runs while it has not said what it wants. */
  timer: ReturnType<typeof setTimeout> | undefined
}

/**
 * The sockets of a listener. Who connects and says nothing is let go after a while, and at once where others need the place: those who mean it say so
 * within moments. One host cannot have all places.
 */
export class Arrivals {
  readonly #init: ArrivalsInit
  /** In the order in which they came. */
  readonly #arrivals = new Set<Arrival>()
  readonly #byPort = new Map<number, Set<Arrival>>()
  readonly #perHost = new Map<string, number>()

  constructor(init: ArrivalsInit) {
    this.#init = init
  }

  /** How many sockets there are. */
  get size(): number {
    return this.#arrivals.size
  }

  /** Takes a new socket in; false where there is no place for it, and it was ended. */
  arrive(socket: ArrivingSocket): boolean {
    const { max, maxPerHost, timeoutMs } = this.#init
    const host = networkOf(socket.remoteAddress ?? '')
    const isHostFull = (this.#perHost.get(host) ?? 0) >= maxPerHost
    if ((isHostFull && !this.#makeRoom(host)) || (this.#arrivals.size >= max && !this.#makeRoom())) {
      socket.destroy()
      return false
    }
    const arrival: Arrival = { socket, host, port: socket.remotePort ?? 0, timer: setTimeout(() => this.#end(arrival), timeoutMs) }
    this.#arrivals.add(arrival)
    const samePort = this.#byPort.get(arrival.port) ?? new Set()
    this.#byPort.set(arrival.port, samePort.add(arrival))
    this.#perHost.set(host, (this.#perHost.get(host) ?? 0) + 1)
    socket.once('close', () => this.#forget(arrival))
    return true
  }

  /** The socket has said what it wants: it may stay, and keeps its place. */
  settle(remoteAddress: string | undefined, remotePort: number | undefined): void {
    const arrival = this.#find(remoteAddress, remotePort)
    if (arrival === undefined) return
    clearTimeout(arrival.timer)
    arrival.timer = undefined
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
    const host = networkOf(remoteAddress ?? '')
    // An address can be written in more than one way.
    return samePort.find((one) => one.host === host) ?? samePort[0]
  }

  /** Whether somebody gives way who has said nothing: who came first, of one host or of all. */
  #makeRoom(host?: string): boolean {
    for (const arrival of this.#arrivals) {
      if (arrival.timer === undefined || (host !== undefined && arrival.host !== host)) continue
      this.#end(arrival)
      return true
    }
    return false
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

/** The host of an address: of IPv6 the first half, for one machine has all of the other. */
function networkOf(address: string): string {
  const bare = address.replace(/^::ffff:(?=\d+\.)/i, '').replace(/%.*$/, '')
  return bare.includes(':') ? bare.split(':').slice(0, 4).join(':') : bare
}
