import { createHash } from 'node:crypto'
import { toHex } from '@p2p-docstore/core'
import { schnorr } from '@noble/curves/secp256k1.js'
import { eventId, fromHex, type NostrEvent, type ReplicaNostr } from '@p2p-docstore/core/nostr'
import { finalizeEvent, getPublicKey, setNostrWasm } from 'nostr-tools/wasm'
import { initNostrWasm } from 'nostr-wasm'
import { WebSocket } from 'ws'
import { startRelay } from '../../../index.ts'
import type { Relay } from '../../../relay.ts'
import type { SettingValues } from '../../../settings/setting.ts'
import { nostrService } from '../nostr.ts'

setNostrWasm(await initNostrWasm())

const MAX_WASM_LENGTH = 500

/** A key for tests, the same for the same name. */
export function keyOf(name: string): { readonly secret: Uint8Array; readonly key: string } {
  const secret = new Uint8Array(createHash('sha256').update(`key ${name}`).digest())
  return { secret, key: getPublicKey(secret) }
}

export const nowSeconds = (): number => Math.floor(Date.now() / 1000)

/** A signed event of somebody. */
export function eventBy(name: string, fields: { kind?: number; content?: string; tags?: string[][]; created_at?: number } = {}): NostrEvent {
  const { kind = 1, content = '', tags = [], created_at = nowSeconds() } = fields
  const { secret, key } = keyOf(name)
  // The memory of nostr-wasm is too small for large ones, or is once some were signed.
  if (content.length + tags.length > MAX_WASM_LENGTH) {
    const event = { pubkey: key, created_at, kind, tags, content }
    const id = eventId(event)
    return { id, ...event, sig: toHex(schnorr.sign(Uint8Array.from(fromHex(id)), secret)) }
  }
  const { id, pubkey, sig } = finalizeEvent({ kind, content, tags, created_at }, secret)
  return { id, pubkey, created_at, kind, tags, content, sig }
}

/** A relay with Nostr, and its store of events: its own, or one that is given. */
export async function startNostr(settings: SettingValues = {}, given?: ReplicaNostr): Promise<{ relay: Relay; url: string; events: ReplicaNostr }> {
  const common = { data: 'memory', port: 0, settings: { nostr: settings }, log: { level: 'error' } } as const
  const relay =
    given === undefined
      ? await startRelay({ ...common, services: ['default', 'nostr'] })
      : await startRelay({ ...common, load: [nostrService(async () => given)] })
  return { relay, url: relay.ready.http.replace('http', 'ws'), events: given ?? (await relay.store.replica.nostr()) }
}

/** Takes everything away. */
export async function clear(events: ReplicaNostr): Promise<void> {
  const all = await events.ids({}, { max: 1_000_000 })
  await events.ban(Array.from(all?.times ?? [], (_, i) => toHex(all?.ids.subarray(i * 32, (i + 1) * 32) ?? new Uint8Array())))
}

type Frame = readonly [type: string, ...rest: unknown[]]

/** A client that sends what it is told, and keeps all that it hears. */
export class TestClient {
  readonly socket: WebSocket
  readonly frames: Frame[] = []
  readonly texts: string[] = []
  closed: number | undefined
  #wakeUps: (() => void)[] = []

  private constructor(socket: WebSocket) {
    this.socket = socket
    socket.on('message', (data: Buffer) => {
      this.texts.push(data.toString())
      this.frames.push(JSON.parse(data.toString()) as Frame)
      this.#wake()
    })
    socket.on('error', () => undefined)
    socket.on('close', (code) => {
      this.closed = code
      this.#wake()
    })
  }

  static async open(url: string, headers: Record<string, string> = {}): Promise<TestClient> {
    const socket = new WebSocket(url, { headers, perMessageDeflate: false })
    const client = new TestClient(socket)
    await new Promise((resolve, reject) => socket.once('open', resolve).once('error', reject))
    return client
  }

  send(...frame: readonly unknown[]): void {
    this.socket.send(JSON.stringify(frame))
  }

  /** The first frame that fits, taken out; waits for it. */
  async next(fits: (frame: Frame) => boolean): Promise<Frame> {
    for (;;) {
      const at = this.frames.findIndex(fits)
      const [frame] = at === -1 ? [] : this.frames.splice(at, 1)
      if (frame !== undefined) return frame
      if (this.closed !== undefined) throw new Error(`closed with ${this.closed}, after ${JSON.stringify(this.frames).slice(0, 500)}`)
      await new Promise<void>((resolve) => this.#wakeUps.push(resolve))
    }
  }

  /** Publishes an event, and gives what is answered. */
  async publish(event: unknown): Promise<readonly [isTaken: boolean, reason: string]> {
    this.send('EVENT', event)
    const { id } = event as NostrEvent
    const [, , isTaken, reason] = await this.next(([type, of]) => type === 'OK' && of === id)
    return [isTaken as boolean, reason as string]
  }

  /** Asks, and gives the events up to the end, with what that is: an `EOSE` or a `CLOSED`. */
  async request(...filters: readonly unknown[]): Promise<{ readonly events: readonly NostrEvent[]; readonly end: Frame; readonly id: string }> {
    const id = `r${++lastId}`
    this.send('REQ', id, ...filters)
    const end = await this.next(([type, of]) => (type === 'EOSE' || type === 'CLOSED') && of === id)
    return { events: this.take(id), end, id }
  }

  /** Events that came under an id. */
  take(id: string): readonly NostrEvent[] {
    const found = this.frames.filter(([type, of]) => type === 'EVENT' && of === id)
    for (const frame of found) this.frames.splice(this.frames.indexOf(frame), 1)
    return found.map(([, , event]) => event as NostrEvent)
  }

  /** Shows a key, as NIP-42 has it; gives what is answered. */
  async authenticate(name: string, url: string, challenge?: string): Promise<readonly [isTaken: boolean, reason: string]> {
    const asked = challenge ?? (await this.next(([type]) => type === 'AUTH'))[1]
    const event = eventBy(name, {
      kind: 22_242,
      tags: [
        ['relay', url],
        ['challenge', String(asked)],
      ],
    })
    this.send('AUTH', event)
    const [, , isTaken, reason] = await this.next(([type, of]) => type === 'OK' && of === event.id)
    return [isTaken as boolean, reason as string]
  }

  async hasClosed(): Promise<number> {
    while (this.closed === undefined) await new Promise<void>((resolve) => this.#wakeUps.push(resolve))
    return this.closed
  }

  close(): void {
    this.socket.terminate()
  }

  #wake(): void {
    for (const wakeUp of this.#wakeUps.splice(0)) wakeUp()
  }
}

let lastId = 0
