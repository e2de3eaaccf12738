import { afterEach, describe, expect, it } from 'vitest'
import { createNetwork } from '../model/network/network.ts'
import { HostileNetwork } from '../testing/hostile-network.ts'
import { seededRandom } from '../testing/random.ts'
import { TestPeer } from '../testing/test-peer.ts'
import { VirtualTime } from '../testing/virtual-time.ts'
import type { NamespaceSync } from './status.ts'

const MIB = 2 ** 20
const DOCUMENTS = 800
const DAY_MS = 86_400_000

class FullRelay {
  readonly time = new VirtualTime()
  readonly #random = seededRandom(9)
  readonly #network = createNetwork('test', { nonce: this.#random.bytes(16) })
  readonly #wires = new HostileNetwork(this.time, this.#random)
  readonly writer = this.#peer('writer')
  readonly relay = this.#peer('relay', MIB)
  // The empty tables of a database take some 100 KiB by themselves.
  readonly reader = this.#peer('reader', MIB / 2 + 96 * 1024)

  #peer(name: string, maxBytes?: number): TestPeer {
    const role = name === 'relay' ? 'relay' : 'peer'
    const { time, ...rest } = { time: this.time, network: this.#network, wires: this.#wires, random: this.#random }
    return new TestPeer({ name, role, time, ...rest, ...(maxBytes === undefined ? {} : { maxBytes }) })
  }

  /** More documents than the relay has room for, offered to it. */
  async open(): Promise<string> {
    await this.relay.start()
    await this.writer.start()
    const ns = await this.writer.createNamespace('owner')
    await this.write(ns, ids(0, DOCUMENTS), 'x'.repeat(2000))
    this.writer.dial(this.relay)
    await this.time.advance(60_000)
    return ns
  }

  async write(ns: string, documents: readonly string[], text: string | null): Promise<void> {
    const content = (id: string): string | null => (text === null ? null : JSON.stringify({ _id: id, text }))
    await this.writer.replica.write(
      ns,
      'docs',
      documents.map((id) => ({ id, content: content(id) })),
    )
  }

  get status(): NamespaceSync | undefined {
    const [session] = this.writer.sessions.values()
    return [...(session?.status.values() ?? [])][0]
  }

  async held(ns: string): Promise<number> {
    return this.relay.replica.count(ns, 'docs', {})
  }

  async isEqual(ns: string): Promise<boolean> {
    return (await this.relay.replica.summary(ns)).root === (await this.writer.replica.summary(ns)).root
  }

  async close(): Promise<void> {
    await Promise.all([this.writer.close(), this.relay.close()])
    if (this.reader.sessions.size > 0) await this.reader.close()
  }
}

function ids(from: number, to: number): string[] {
  return Array.from({ length: to - from }, (_, i) => String(from + i).padStart(5, '0'))
}

describe('a relay that has no room', () => {
  let full: FullRelay
  afterEach(() => full.close())

  it('refuses with "quota", which the sender shows, and keeps the connection', async () => {
    full = new FullRelay()
    const ns = await full.open()
    expect(await full.held(ns)).toBeGreaterThan(100)
    expect(await full.held(ns)).toBeLessThan(DOCUMENTS)
    expect(full.status).toMatchObject({ state: 'failed', lastRefusal: 'quota', error: expect.stringContaining('quota') })
    expect(full.status?.refused).toBeGreaterThan(0)
    expect(full.writer.failures).toEqual([])
  })

  it('takes deletes and smaller versions, and is equal within seconds of there being room, without a restart', async () => {
    full = new FullRelay()
    const ns = await full.open()
    const held = (await full.relay.replica.find(ns, 'docs', { limit: 10_000, sort: { _id: 1 } })).contents.map((text) => JSON.parse(text)._id)
    await full.write(ns, held.slice(0, 10), 'short')
    await full.time.advance(1_000)
    expect((await full.relay.replica.find(ns, 'docs', { filter: { text: 'short' }, limit: 100 })).contents).toHaveLength(10)
    const before = await full.held(ns)
    // Not enough room for the others, but these are gone there too.
    await full.write(ns, held.slice(10, 110), null)
    await full.time.advance(1_000)
    expect(await full.held(ns)).toBe(before - 100)
    await full.write(
      ns,
      ids(0, DOCUMENTS - 100).filter((id) => !held.slice(0, 110).includes(id)),
      null,
    )
    await full.time.advance(60_000)
    expect(await full.isEqual(ns)).toBe(true)
    expect(full.status).toMatchObject({ state: 'live', refused: 0, error: undefined })
  })

  it('is told of beside what lies in its future, and takes that with a right time', async () => {
    full = new FullRelay()
    const ns = await full.open()
    full.writer.setClock(DAY_MS)
    await full.write(ns, ['early'], 'short')
    await full.time.advance(20_000)
    expect(full.status).toMatchObject({ state: 'failed', lastRefusal: 'quota', held: 1 })
    full.writer.setClock(0)
    await full.time.advance(150_000)
    expect(full.status).toMatchObject({ state: 'failed', lastRefusal: 'quota', held: 0 })
    await full.write(ns, ids(100, DOCUMENTS), null)
    await full.time.advance(60_000)
    expect(await full.isEqual(ns)).toBe(true)
    expect(full.status).toMatchObject({ state: 'live', refused: 0, held: 0, error: undefined })
    // What was offered of it before has not come back.
    await full.time.advance(2 * DAY_MS)
    expect(await full.isEqual(ns)).toBe(true)
  })

  it('is not read from again and again by a peer that has less room still, whatever is updated meanwhile', async () => {
    full = new FullRelay()
    const ns = await full.open()
    await full.write(ns, ids(0, DOCUMENTS - 300), null)
    await full.time.advance(60_000)
    await full.reader.start()
    full.reader.want(ns)
    full.reader.dial(full.relay)
    await full.time.advance(60_000)
    const [session] = full.reader.sessions.values()
    expect(session?.status.get(ns)).toMatchObject({ state: 'failed', lastRefusal: 'quota' })
    const here = (await full.reader.replica.find(ns, 'docs', { limit: 1000 })).contents.map((text) => JSON.parse(text)._id)
    const bytesBefore = session?.traffic.bytesIn ?? 0
    for (let update = 0; update < 40; update++) {
      await full.write(ns, [here[update % here.length]], `${update % 10}`.repeat(2000))
      await full.time.advance(6000)
    }
    const bytes = (session?.traffic.bytesIn ?? 0) - bytesBefore
    // The updates, a record to try after each, and comparing some times in four minutes; what has no room is some 300 KB.
    expect(bytes).toBeLessThan(40 * 2 * 2500 + 8 * 100_000)
    expect(await full.reader.replica.count(ns, 'docs', { text: '9'.repeat(2000) })).toBeGreaterThan(0)
  })

  it('hands deletes on to a full peer that was away, behind any number of documents for which that has no room', async () => {
    full = new FullRelay()
    const ns = await full.open()
    await full.write(ns, ids(0, DOCUMENTS - 300), null)
    await full.time.advance(60_000)
    await full.reader.start()
    full.reader.want(ns)
    full.reader.dial(full.relay)
    await full.time.advance(60_000)
    await full.reader.stop()
    const here = (await full.reader.replica.find(ns, 'docs', { limit: 1000 })).contents.map((text) => JSON.parse(text)._id)
    await full.write(ns, here.slice(0, 20), null)
    await full.time.advance(10_000)
    await full.reader.start()
    await full.time.advance(60_000)
    expect(await full.reader.replica.count(ns, 'docs', { _id: { $in: here.slice(0, 20) } })).toBe(0)
  })

  it('fills up a peer that has less room still, which takes the rest when documents are deleted', async () => {
    full = new FullRelay()
    const ns = await full.open()
    await full.write(ns, ids(0, DOCUMENTS - 300), null)
    await full.time.advance(60_000)
    await full.reader.start()
    full.reader.want(ns)
    full.reader.dial(full.relay)
    await full.time.advance(60_000)
    const [session] = full.reader.sessions.values()
    expect(session?.status.get(ns)).toMatchObject({ state: 'failed', lastRefusal: 'quota' })
    await full.write(ns, ids(DOCUMENTS - 300, DOCUMENTS - 50), null)
    await full.time.advance(15_000)
    expect(await full.reader.replica.count(ns, 'docs', {})).toBe(50)
  })
})
