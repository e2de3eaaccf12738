import type { Duplex } from 'node:stream'
import type { TextSocket } from '../../../text-socket.ts'
import { MAX_WAITING_BYTES, PAUSE_BYTES } from '../limits.ts'

/** What is on its way to a client, and how much that is: who sends a lot waits for room, and a client that does not read is let go. */
export class Outbox {
  readonly #socket: TextSocket
  readonly #raw: Duplex
  /** Bytes of new events that are to follow stored ones. */
  held = 0
  #waiting = 0
  /** What waited at the last beat, and whether some of it was taken since. */
  #backlog = 0
  #hasMoved = false
  #isCorked = false
  #wakeUps: (() => void)[] = []
  #isClosed = false
  #turns: Promise<unknown> = Promise.resolve()

  constructor(socket: TextSocket, raw: Duplex) {
    this.#socket = socket
    this.#raw = raw
    socket.once('close', () => {
      this.#isClosed = true
      this.#wake()
    })
  }

  get isClosed(): boolean {
    return this.#isClosed
  }

  /** Bytes that the client has not taken yet. */
  get waiting(): number {
    return this.#waiting
  }

  /** Sends a text frame, as text or as the bytes of one. */
  send(frame: string | Buffer): void {
    if (this.#isClosed || this.#socket.readyState !== this.#socket.OPEN) return
    const size = frame.length
    this.#waiting += size
    if (this.#waiting > MAX_WAITING_BYTES) {
      this.#socket.terminate()
      return
    }
    this.#cork()
    this.#socket.send(frame, { binary: false }, () => {
      this.#waiting -= size
      this.#hasMoved ||= this.#backlog > 0
      if (this.#waiting <= PAUSE_BYTES / 2) this.#wake()
    })
  }

  /** Whether the client has taken some of what waited the last time that this was asked: a ping comes to it behind all of that. */
  movedOn(): boolean {
    const hasMoved = this.#hasMoved
    this.#hasMoved = false
    this.#backlog = this.#waiting
    return hasMoved
  }

  /** Whether what is read from the storage need not wait. */
  get hasRoom(): boolean {
    return this.#waiting <= PAUSE_BYTES || this.#isClosed
  }

  /** Does work for the client when there is room for what comes of it, and one after another: whatever it asks for at once, a page of it is held. */
  async turn<T>(work: () => Promise<T>): Promise<T> {
    const turn = this.#turns.then(() => this.room()).then(work)
    // Whoever waits for it learns that it failed.
    this.#turns = turn.catch(() => undefined)
    return turn
  }

  /** Resolves once the client has read most of what was sent, or is gone. */
  async room(): Promise<void> {
    while (!this.hasRoom) await new Promise<void>((resolve) => this.#wakeUps.push(resolve))
  }

  #wake(): void {
    const wakeUps = this.#wakeUps
    this.#wakeUps = []
    for (const wakeUp of wakeUps) wakeUp()
  }

  /** All frames of one turn go out together. */
  #cork(): void {
    if (this.#isCorked) return
    this.#isCorked = true
    this.#raw.cork()
    process.nextTick(() => {
      this.#isCorked = false
      this.#raw.uncork()
    })
  }
}
