import { WebSocket } from 'ws'

/** How long an answer may take, milliseconds. */
const PATIENCE_MS = 120_000

/** A connection of a client, with frames as they are. */
export class Client {
  readonly #socket: WebSocket
  readonly #oks = new Map<string, (ok: boolean) => void>()
  readonly #subscriptions = new Map<string, { onEvent(frame: string): void; onEnd(how: string): void }>()
  #next = 0

  private constructor(socket: WebSocket) {
    this.#socket = socket
    socket.on('message', (data: Buffer) => this.#read(data.toString()))
  }

  static async open(url: string): Promise<Client> {
    const socket = new WebSocket(url, { perMessageDeflate: false })
    await new Promise((resolve, reject) => socket.once('open', resolve).once('error', reject))
    return new Client(socket)
  }

  /** Publishes an event, as JSON; resolves with whether it was taken. */
  publish(id: string, json: string): Promise<boolean> {
    return within((resolve) => {
      this.#oks.set(id, resolve)
      this.#socket.send(`["EVENT",${json}]`)
    }, `no OK for ${id}`)
  }

  /** Events that are stored, counted by id. Throws where the subscription is closed. */
  async stored(filter: object): Promise<number> {
    const name = `s${++this.#next}`
    let count = 0
    const how = await within<string>(
      (resolve) => {
        this.#subscriptions.set(name, { onEvent: () => count++, onEnd: resolve })
        this.#socket.send(`["REQ","${name}",${JSON.stringify(filter)}]`)
      },
      `no EOSE for ${JSON.stringify(filter)}`,
    )
    this.#subscriptions.delete(name)
    this.#socket.send(`["CLOSE","${name}"]`)
    if (how !== 'EOSE') throw new Error(`${JSON.stringify(filter)} was closed: ${how}`)
    return count
  }

  /** Calls back with each event from now on. Resolves once the relay has answered. */
  async follow(filter: object, onEvent: (frame: string) => void): Promise<void> {
    const name = `l${++this.#next}`
    await within<string>(
      (resolve) => {
        this.#subscriptions.set(name, { onEvent, onEnd: resolve })
        this.#socket.send(`["REQ","${name}",${JSON.stringify(filter)}]`)
      },
      `no EOSE for ${JSON.stringify(filter)}`,
    )
  }

  close(): void {
    this.#socket.terminate()
  }

  #read(frame: string): void {
    if (frame.startsWith('["EVENT"')) {
      const name = frame.slice(10, frame.indexOf('"', 10))
      this.#subscriptions.get(name)?.onEvent(frame)
      return
    }
    const [kind, name, what] = JSON.parse(frame) as [string, string, unknown]
    if (kind === 'OK') {
      this.#oks.get(name)?.(what === true)
      this.#oks.delete(name)
    } else if (kind === 'EOSE' || kind === 'CLOSED') this.#subscriptions.get(name)?.onEnd(kind === 'EOSE' ? kind : String(what))
  }
}

async function within<T>(start: (resolve: (value: T) => void) => void, late: string): Promise<T> {
  const { promise, resolve, reject } = Promise.withResolvers<T>()
  const timer = setTimeout(() => reject(new Error(late)), PATIENCE_MS)
  start(resolve)
  try {
    return await promise
  } finally {
    clearTimeout(timer)
  }
}
