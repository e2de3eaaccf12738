import * as dagCbor from '@ipld/dag-cbor'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { DocstoreError, errorCode } from '../errors.ts'
import { toHex } from '../model/bytes.ts'
import { createNetwork } from '../model/network/network.ts'
import { decodeQuestion, encodeReply } from '../sets/ranges.ts'
import type { Version } from '../storage/storage.ts'
import { HostileNetwork } from '../testing/hostile-network.ts'
import { seededRandom } from '../testing/random.ts'
import { type Heard, ScriptedPeer, type Twist } from '../testing/scripted-peer.ts'
import { TestPeer } from '../testing/test-peer.ts'
import { VirtualTime } from '../testing/virtual-time.ts'
import { partsOfRange } from '../sets/part-spans.ts'
import { ALL_PARTS, joinedParts, NO_PARTS, type Parts } from '../sets/parts.ts'
import { Ledger } from './ledger.ts'
import type { Request, Response } from './messages.ts'
import { Session, type SessionInit } from './session.ts'
import type { NamespaceSync } from './status.ts'

const MINUTE_MS = 60_000
const idle = new AbortController().signal

/** A peer and a relay, the session between them, and what was said in it. */
class Pair {
  readonly time = new VirtualTime()
  readonly random = seededRandom(5)
  readonly network = createNetwork('test', { nonce: this.random.bytes(16) })
  readonly peer: TestPeer = this.newPeer('peer')
  readonly relay: TestPeer = this.newPeer('relay')
  readonly scripted = new ScriptedPeer(() => this.relay.respond('peer'))
  readonly ended = new AbortController()
  readonly session = this.sessionWith({})
  error: unknown
  isOver = false

  sessionWith(init: Partial<SessionInit>): Session {
    return new Session({
      replica: this.lazyReplica(),
      role: 'peer',
      ledger: new Ledger(),
      openExchange: () => this.scripted.openExchange(),
      now: this.peer.now,
      delay: this.time.delay,
      random: this.random.next,
      onChange: () => undefined,
      ...init,
    })
  }

  newPeer(name: string, skewMs = 0): TestPeer {
    const wires = new HostileNetwork(this.time, this.random)
    return new TestPeer({
      name,
      role: name === 'relay' ? 'relay' : 'peer',
      network: this.network,
      time: this.time,
      wires,
      random: this.random,
      skewMs,
    })
  }

  /** The replica exists only once the peer has started. */
  private lazyReplica(): TestPeer['replica'] {
    return new Proxy({} as TestPeer['replica'], { get: (_, name) => Reflect.get(this.peer.replica, name).bind(this.peer.replica) as unknown })
  }

  async open(): Promise<this> {
    await this.peer.start()
    await this.relay.start()
    return this
  }

  /** Starts the session and lets it come to rest. */
  async run(): Promise<void> {
    this.session
      .run(this.ended.signal)
      .catch((error: unknown) => (this.error = error))
      .finally(() => (this.isOver = true))
      .catch(() => undefined)
    await this.time.advance(0)
  }

  status(ns: string): NamespaceSync {
    const status = this.session.status.get(ns)
    if (status === undefined) throw new Error('not wanted')
    return status
  }

  async put(peer: TestPeer, ns: string, ids: readonly string[], n = 0): Promise<void> {
    for (const id of ids) await peer.replica.write(ns, 'notes', [{ id, content: `{"_id":"${id}","n":${n}}` }])
  }

  /** How many records the relay lacks of those up to this position. */
  async missing(ns: string, acked: number): Promise<number> {
    const versions = async ({ storage }: TestPeer): Promise<readonly Version[]> => {
      const stored = (await storage.namespaces()).find(({ cid }) => cid === ns)
      return stored === undefined ? [] : storage.versionsSince(stored.ns, 0, 10_000)
    }
    const theirs = new Map((await versions(this.relay)).map(({ slot, at }) => [toHex(slot), at]))
    return (await versions(this.peer)).filter(({ seq, slot, at }) => seq <= acked && (theirs.get(toHex(slot)) ?? 0) < at).length
  }

  /** Whether both have the same records. */
  async isEqual(ns: string): Promise<boolean> {
    return (await this.peer.replica.summary(ns)).root === (await this.relay.replica.summary(ns)).root
  }
}

function numbers(count: number, prefix = 'n'): string[] {
  return Array.from({ length: count }, (_, i) => `${prefix}${i}`)
}

let pair: Pair
beforeEach(async () => {
  pair = await new Pair().open()
})
afterEach(async () => {
  pair.ended.abort()
  await pair.peer.close()
  await pair.relay.close()
})

describe('a session about some parts of a namespace', () => {
  const [first, last] = [partsOfRange(2, 0), partsOfRange(2, 3)]
  const countsIn = async (peer: TestPeer, ns: string): Promise<readonly number[]> =>
    Promise.all([0, 1, 2, 3].map(async (index) => (await peer.replica.summary(ns, partsOfRange(2, index))).count))

  it('copies, pushes and follows what lies in them, and nothing else', async () => {
    const { peer, relay } = pair
    const ns = await relay.createNamespace('anyone')
    await pair.put(relay, ns, numbers(100, 'before'))
    const session = pair.sessionWith({ partsOf: async () => joinedParts(first, last) })
    session.want(ns)
    session.run(pair.ended.signal).catch((error: unknown) => (pair.error = error))
    await pair.time.advance(0)
    const [a, , , d] = await countsIn(relay, ns)
    expect(await countsIn(peer, ns)).toEqual([a, 0, 0, d])
    await pair.put(peer, ns, numbers(50, 'up'))
    await pair.time.advance(100)
    await pair.put(relay, ns, numbers(50, 'down'))
    await pair.time.advance(100)
    const [ours, theirs] = [await countsIn(peer, ns), await countsIn(relay, ns)]
    expect([ours[0], ours[3]]).toEqual([theirs[0], theirs[3]])
    // Of what each wrote in the others, the other side has nothing.
    expect((ours[1] ?? 0) + (ours[2] ?? 0)).toBeLessThan(50)
    expect((theirs[1] ?? 0) + (theirs[2] ?? 0)).toBeGreaterThan(50)
    expect(session.status.get(ns)).toMatchObject({ state: 'live', parts: joinedParts(first, last) })
    expect(pair.error).toBeUndefined()
  })

  it('finds what differs in them, where both have much, and takes up others', async () => {
    const { peer, relay } = pair
    const ns = await relay.createNamespace('anyone')
    await pair.put(relay, ns, numbers(100))
    let parts: Parts | undefined = ALL_PARTS
    const session = pair.sessionWith({ partsOf: async () => (parts === ALL_PARTS ? undefined : parts) })
    session.want(ns)
    session.run(pair.ended.signal).catch((error: unknown) => (pair.error = error))
    await pair.time.advance(0)
    expect(await pair.isEqual(ns)).toBe(true)
    parts = first
    await session.partsChanged(ns)
    await pair.time.advance(0)
    await pair.put(peer, ns, numbers(80, 'up'))
    await pair.put(relay, ns, numbers(80, 'down'))
    await pair.time.advance(100)
    const [ours, theirs] = [await countsIn(peer, ns), await countsIn(relay, ns)]
    expect(ours.map((count, i) => count === theirs[i])).toContain(false)
    expect(ours[0]).toBe(theirs[0])
    parts = ALL_PARTS
    await session.partsChanged(ns)
    await pair.time.advance(100)
    expect([await pair.isEqual(ns), session.status.get(ns)?.state, pair.error]).toEqual([true, 'live', undefined])
  })

  it('counts nothing as delivered of other parts than before until both were compared in these', async () => {
    const { peer, relay, scripted } = pair
    const ns = await relay.createNamespace('anyone')
    let parts: Parts = first
    const session = pair.sessionWith({ partsOf: async () => parts })
    session.want(ns)
    session.run(pair.ended.signal).catch((error: unknown) => (pair.error = error))
    await pair.time.advance(0)
    await pair.put(peer, ns, numbers(40))
    await pair.time.advance(100)
    expect(session.status.get(ns)).toMatchObject({ state: 'live', acked: await peer.replica.lastSeq(ns) })
    // The relay is busy when it is asked about the new parts.
    scripted.twist = (request, honest) => (request.t === 'open' ? { t: 'error', code: 'busy', message: 'busy', retryMs: 60_000 } : honest)
    parts = last
    await session.partsChanged(ns)
    await pair.time.advance(0)
    await pair.put(peer, ns, numbers(20, 'more'))
    await pair.time.advance(100)
    const { state, acked } = session.status.get(ns) ?? {}
    expect([state === 'live', acked]).toEqual([false, 0])
    scripted.twist = (_, honest) => honest
    await pair.time.advance(10 * MINUTE_MS)
    expect(session.status.get(ns)).toMatchObject({ state: 'live', parts: last, acked: await peer.replica.lastSeq(ns) })
    expect((await countsIn(relay, ns))[3]).toBe((await countsIn(peer, ns))[3])
  })

  it('asks once for a namespace of which it knows nothing, where that is not split, or the other side knows of no parts', async () => {
    const { peer, relay, scripted } = pair
    const partsOf = async (ns: string): Promise<Parts | undefined> => ((await peer.replica.namespace(ns)) === undefined ? NO_PARTS : undefined)
    const session = pair.sessionWith({ partsOf })
    session.run(pair.ended.signal).catch((error: unknown) => (pair.error = error))
    const ns = await relay.createNamespace('anyone')
    await pair.put(relay, ns, numbers(20))
    session.want(ns)
    await pair.time.advance(0)
    expect([scripted.count('open'), await pair.isEqual(ns), session.status.get(ns)?.state]).toEqual([1, true, 'live'])
    const { id } = await relay.replica.createNamespace({ name: 'split', write: 'anyone', split: 4 })
    await pair.put(relay, id, numbers(20))
    session.want(id)
    await pair.time.advance(0)
    expect([scripted.count('open'), await pair.isEqual(id), session.status.get(id)?.state]).toEqual([3, true, 'live'])
  })

  it('is about all of it with a peer that knows of no parts', async () => {
    const { relay, scripted } = pair
    scripted.twist = (_, honest) => (honest.t === 'hello' ? { ...honest, can: [] } : honest)
    const ns = await relay.createNamespace('anyone')
    await pair.put(relay, ns, numbers(20))
    const session = pair.sessionWith({ partsOf: async () => first })
    session.want(ns)
    session.run(pair.ended.signal).catch((error: unknown) => (pair.error = error))
    await pair.time.advance(0)
    expect([await pair.isEqual(ns), session.status.get(ns)?.parts, session.status.get(ns)?.state]).toEqual([true, undefined, 'live'])
  })

  it('can take what the other side has and give nothing', async () => {
    const { peer, relay } = pair
    const ns = await relay.createNamespace('anyone')
    await pair.put(relay, ns, numbers(60, 'theirs'))
    pair.session.want(ns)
    await pair.run()
    pair.session.unwant(ns)
    await pair.put(peer, ns, numbers(60, 'ours'))
    await pair.put(relay, ns, numbers(60, 'more'))
    const before = await countsIn(relay, ns)
    await pair.session.syncOnce(ns, idle, { partsOf: async () => last, isTaking: true })
    expect(await countsIn(relay, ns)).toEqual(before)
    const lacking = await pair.missing(ns, Number.MAX_SAFE_INTEGER)
    expect(lacking).toBe(60)
    const ours = await countsIn(peer, ns)
    expect(ours[3]).toBeGreaterThan(before[3] ?? 0)
  })
})

describe('Session', () => {
  it('copies, pushes and follows, and sends nothing back to where it came from', async () => {
    const { peer, relay, scripted, session } = pair
    const ns = await relay.createNamespace('anyone')
    await pair.put(relay, ns, numbers(100, 'before'))
    session.want(ns)
    await pair.run()
    expect(pair.status(ns)).toMatchObject({ state: 'live', received: 100, sent: 0 })
    await pair.put(peer, ns, numbers(50, 'up'))
    await pair.time.advance(100)
    await pair.put(relay, ns, numbers(50, 'down'))
    await pair.time.advance(100)
    expect(await pair.isEqual(ns)).toBe(true)
    expect(pair.status(ns)).toMatchObject({ state: 'live', received: 150, sent: 50, refused: 0, acked: await peer.replica.lastSeq(ns) })
    let [up, down] = [0, 0]
    for (const { request, response } of scripted.heard) {
      if (request.t === 'put') up += request.batch.length
      if (response.t === 'news') down += response.batch?.length ?? 0
    }
    // Fifty single documents of some 40 bytes; each of them once, in whichever direction.
    expect(up).toBeLessThan(50 * 250)
    expect(down).toBeLessThan(150 * 250)
    const { requests } = session.traffic
    await pair.time.advance(5 * MINUTE_MS)
    // Nothing but comparing roots and waiting for news (every 20 seconds).
    expect(session.traffic.requests - requests).toBeLessThanOrEqual(6 + 16)
    expect(pair.status(ns)).toMatchObject({ received: 150, sent: 50 })
  })

  it('makes a namespace equal once, moves only what is missing, and follows nothing then', async () => {
    const { peer, relay, scripted, session } = pair
    const ns = await relay.createNamespace('anyone')
    await pair.put(relay, ns, numbers(100))
    await pair.run()
    const traffic = { bytesIn: 0, bytesOut: 0, requests: 0, kinds: new Map() }
    const once = async (): Promise<readonly Heard[]> => {
      const before = scripted.heard.length
      await session.syncOnce(ns, idle, { traffic })
      return scripted.heard.slice(before)
    }
    const types = (heard: readonly Heard[]): readonly string[] => heard.map(({ request }) => request.t)
    const [opened, pulled, ...rest] = await once()
    // One question tells how it stands, one brings everything: nothing is asked to find that both are equal.
    expect([opened?.request.t, pulled?.request.t, rest]).toEqual(['open', 'pull', []])
    expect(await pair.isEqual(ns)).toBe(true)
    expect(types(await once())).toEqual(['open'])

    await pair.put(relay, ns, ['down'])
    const down = await once()
    // What was noted of the last time is looked at once more.
    expect(types(down)).toEqual(['open', 'pull', 'open'])
    expect(down.map(({ response }) => (response.t === 'news' ? (response.batch?.length ?? 0) : 0)).reduce((a, b) => a + b)).toBeLessThan(1000)
    // A head that is here does not come again.
    expect(down[0]?.response).toMatchObject({ t: 'opened' })
    expect(down[0]?.response).not.toHaveProperty('namespace')
    await pair.put(peer, ns, ['up'])
    const up = await once()
    expect(up.filter(({ request }) => request.t === 'put')).toHaveLength(1)
    expect(types(up)).not.toContain('fetch')
    expect(types(up)).not.toContain('pull')
    expect(await pair.isEqual(ns)).toBe(true)

    await pair.put(relay, ns, ['later'])
    await pair.put(peer, ns, ['later too'])
    await pair.time.advance(5 * MINUTE_MS)
    expect(await pair.isEqual(ns)).toBe(false)
    expect([scripted.count('follow'), session.status.has(ns)]).toEqual([0, false])
    expect(traffic.bytesIn + traffic.bytesOut).toBe([...traffic.kinds.values()].reduce((sum, { bytes }) => sum + bytes, 0))
  })

  it('leaves a namespace without a new stream, and can follow it again', async () => {
    const { relay, scripted, session } = pair
    const [kept, left] = [await relay.createNamespace('anyone'), await relay.createNamespace('anyone')]
    session.want(kept)
    session.want(left)
    await pair.run()
    await pair.time.advance(MINUTE_MS)
    const hellos = scripted.count('hello')
    session.unwant(left)
    for (let n = 0; n < 5; n++) {
      await pair.put(relay, left, [`unseen ${n}`])
      await pair.put(relay, kept, [`seen ${n}`])
      await pair.time.advance(1000)
    }
    expect(await pair.isEqual(kept)).toBe(true)
    const told = scripted.heard.filter(({ response }) => response.t === 'news' && [response, ...(response.also ?? [])].some(({ ns }) => ns === left))
    // The request that was waiting did not know yet.
    expect(told.length).toBeLessThanOrEqual(1)
    expect(scripted.count('hello')).toBe(hellos)
    session.want(left)
    await pair.time.advance(1000)
    await pair.put(relay, left, ['seen'])
    await pair.time.advance(1000)
    expect(await pair.isEqual(left)).toBe(true)
  })

  it('neither lists nor often compares what others see to', async () => {
    const { relay, scripted } = pair
    const ns = await relay.createNamespace('anyone')
    const listed: string[] = []
    const elsewhere = pair.sessionWith({ onNamespaces: (ids) => listed.push(...ids), isComparedElsewhere: () => true })
    elsewhere.want(ns)
    void elsewhere.run(pair.ended.signal)
    await pair.time.advance(30 * MINUTE_MS)
    await relay.createNamespace('anyone')
    await pair.put(relay, ns, ['a'])
    await pair.time.advance(10 * MINUTE_MS)
    expect(await pair.isEqual(ns)).toBe(true)
    expect([scripted.count('list'), listed, scripted.count('open')]).toEqual([0, [], 1])
  })

  it('compares more and more rarely what stays equal, and every half minute again once it did not', async () => {
    const { relay, scripted, session } = pair
    const ns = await relay.createNamespace('anyone')
    session.want(ns)
    await pair.run()
    await pair.time.advance(60 * MINUTE_MS)
    const compared = scripted.count('open')
    // Every two minutes, a quarter more or less, and a few at the beginning.
    expect(compared).toBeGreaterThanOrEqual(60 / 2.5)
    expect(compared).toBeLessThanOrEqual(60 / 1.5 + 4)
    // A peer that says nothing of what is new: only comparing finds it.
    scripted.twist = async (request, honest) => {
      if (request.t !== 'follow' || honest.t !== 'news') return honest
      await pair.time.delay(request.wait, pair.ended.signal)
      return { t: 'idle' }
    }
    await pair.put(relay, ns, ['unsaid'])
    await pair.time.advance(2.5 * MINUTE_MS)
    expect(await pair.isEqual(ns)).toBe(true)
    await pair.put(relay, ns, ['unsaid too'])
    await pair.time.advance(0.625 * MINUTE_MS)
    expect(await pair.isEqual(ns)).toBe(true)
  })

  it('sends nothing back even where the word that it is stored comes late', async () => {
    const { peer, relay, scripted, session } = pair
    const ns = await relay.createNamespace('anyone')
    for (const { replica } of [peer, relay]) {
      const accept = replica.accept.bind(replica)
      replica.accept = async (...batch) => {
        const accepted = await accept(...batch)
        await pair.time.delay(5)
        return accepted
      }
    }
    session.want(ns)
    await pair.run()
    await pair.put(peer, ns, ['up'])
    await pair.put(relay, ns, ['down'])
    await pair.time.advance(1000)
    expect(await pair.isEqual(ns)).toBe(true)
    expect(scripted.count('put')).toBe(1)
    expect(scripted.heard.filter(({ response }) => response.t === 'news' && response.batch !== null).length).toBe(1)
  })

  it('fetches only what is missing after a time apart', async () => {
    const { peer, relay, scripted, session } = pair
    const ns = await relay.createNamespace('anyone')
    await relay.replica.write(
      ns,
      'notes',
      numbers(3000).map((id) => ({ id, content: `{"_id":"${id}"}` })),
    )
    const { batch } = await relay.replica.batchSince(ns, 0, { maxBytes: 1_000_000 })
    const exported = await relay.replica.exportNamespace(ns)
    if (exported === undefined || batch === undefined) throw new Error('no namespace')
    await peer.replica.importNamespace(exported.genesis, exported.head, exported.signature)
    for (let since = 0, more = true; more; ) {
      const next = await relay.replica.batchSince(ns, since, { maxBytes: 190_000 })
      if (next.batch !== undefined) await peer.replica.accept(ns, next.batch)
      ;({ seq: since, more } = next)
    }
    await pair.put(relay, ns, numbers(20, 'there'))
    await pair.put(peer, ns, numbers(20, 'here'))
    session.want(ns)
    await pair.run()
    expect(await pair.isEqual(ns)).toBe(true)
    expect(pair.status(ns)).toMatchObject({ state: 'live', received: 20, sent: 20 })
    expect(session.traffic.bytesIn + session.traffic.bytesOut).toBeLessThan(40_000)
    expect(scripted.count('fetch')).toBeLessThanOrEqual(3)
  })

  it('passes nothing over that is committed while both compare, on either side', async () => {
    const { peer, relay, session, scripted } = pair
    const ns = await relay.createNamespace('anyone')
    const exported = await relay.replica.exportNamespace(ns)
    if (exported === undefined) throw new Error('no namespace')
    await peer.replica.importNamespace(exported.genesis, exported.head, exported.signature)
    await pair.put(relay, ns, numbers(30, 'there'))
    await pair.put(peer, ns, numbers(30, 'here'))
    let answers = 0
    // With every answer that is under way something is written on both sides.
    scripted.twist = async (request, honest) => {
      expect(await pair.missing(ns, session.status.get(ns)?.acked ?? 0)).toBe(0)
      if (request.t === 'hello' || answers > 20) return honest
      answers++
      await pair.put(relay, ns, [`there${answers}`, `there, during ${request.t}${answers}`], answers)
      await pair.put(peer, ns, [`here${answers}`, `here, during ${request.t}${answers}`], answers)
      return honest
    }
    session.want(ns)
    await pair.run()
    await pair.time.advance(1)
    expect(answers).toBeGreaterThan(10)
    expect(await pair.isEqual(ns)).toBe(true)
    expect(pair.status(ns)).toMatchObject({ state: 'live', acked: await peer.replica.lastSeq(ns) })
  })

  it('follows a namespace that is wanted later at once, while another waits for news', async () => {
    const { relay, session } = pair
    const [first, second] = [await relay.createNamespace('anyone'), await relay.createNamespace('anyone')]
    session.want(first)
    await pair.run()
    await pair.time.advance(5000)
    session.want(second)
    await pair.time.advance(1500)
    await pair.put(relay, second, ['a'])
    await pair.time.advance(1)
    expect(pair.status(second)).toMatchObject({ state: 'live', received: 1 })
  })

  it('follows more namespaces than one request can name', async () => {
    const { relay, session } = pair
    const all: string[] = []
    for (let i = 0; i < 1100; i++) {
      const ns = await relay.createNamespace('anyone')
      all.push(ns)
      session.want(ns)
    }
    await pair.run()
    await pair.time.advance(5000)
    for (const ns of all) await pair.put(relay, ns, ['a'])
    await pair.time.advance(20_000)
    expect(all.filter((ns) => pair.status(ns).received !== 1)).toEqual([])
  })

  it('notices a namespace that neither side had, as soon as one of them has', async () => {
    const { peer, relay, session } = pair
    const other = pair.newPeer('other')
    await other.start()
    const [theirs, ours] = [await other.createNamespace('anyone'), await other.createNamespace('anyone')]
    await pair.put(other, theirs, ['a'])
    session.want(theirs)
    session.want(ours)
    await pair.run()
    await pair.time.advance(2000)
    expect(pair.status(theirs).state).toBe('absent')
    for (const [ns, to] of [
      [theirs, relay],
      [ours, peer],
    ] as const) {
      const exported = await other.replica.exportNamespace(ns)
      const { batch } = await other.replica.batchSince(ns, 0, { maxBytes: 1000 })
      if (exported !== undefined) await to.replica.importNamespace(exported.genesis, exported.head, exported.signature)
      if (batch !== undefined) await to.replica.accept(ns, batch)
    }
    await pair.time.advance(1)
    expect(pair.status(theirs)).toMatchObject({ state: 'live', received: 1 })
    expect(pair.status(ours).state).toBe('live')
    expect(await relay.replica.namespace(ours)).toBeDefined()
  })

  it('gives everything again to a relay that lost its data', async () => {
    const { peer, session, scripted } = pair
    const ns = await peer.createNamespace('anyone')
    const ledger = new Ledger()
    await pair.put(peer, ns, numbers(5))
    session.want(ns)
    await pair.run()
    pair.ended.abort()
    await pair.time.settle()
    const empty = pair.newPeer('relay')
    await empty.start()
    const again = new ScriptedPeer(() => empty.respond('peer'))
    const ended = new AbortController()
    for (const target of [scripted, again]) {
      const next = new Session({
        replica: peer.replica,
        role: 'peer',
        ledger,
        openExchange: target.openExchange,
        now: peer.now,
        delay: pair.time.delay,
        onChange: () => undefined,
      })
      next.want(ns)
      const stop = new AbortController()
      const running = next.run(AbortSignal.any([ended.signal, stop.signal]))
      await pair.time.advance(100)
      stop.abort()
      await running
    }
    expect((await empty.replica.summary(ns)).root).toBe((await peer.replica.summary(ns)).root)
    await empty.close()
  })

  it('shares the connection: a small namespace does not wait for a large one', async () => {
    const { relay, session, scripted } = pair
    const [large, small] = [await relay.createNamespace('anyone'), await relay.createNamespace('anyone')]
    await relay.replica.write(
      large,
      'notes',
      numbers(4000).map((id) => ({ id, content: `{"_id":"${id}","text":"${'x'.repeat(400)}"}` })),
    )
    await pair.put(relay, small, ['a'])
    session.want(large)
    session.want(small)
    await pair.run()
    const order = scripted.heard.flatMap(({ response }) => (response.t === 'news' ? [response.ns] : []))
    expect(order.lastIndexOf(large)).toBeGreaterThan(order.indexOf(small) + 2)
  })

  it('ends when it is stopped, whatever it waits for', async () => {
    const { relay, session, scripted } = pair
    const ns = await relay.createNamespace('anyone')
    scripted.twist = (request, honest) => (request.t === 'open' ? new Promise(() => undefined) : honest)
    session.want(ns)
    await pair.run()
    const waiting = session.syncNow(ns, idle).catch(errorCode)
    pair.ended.abort()
    await pair.time.settle()
    expect(pair.isOver).toBe(true)
    expect(pair.error).toBeUndefined()
    expect(await waiting).toBe('connection-lost')
    expect(pair.status(ns).state).toBe('waiting')
  })
})

describe('acked', () => {
  it('passes what the peer holds back, says what that is, and takes it along when its time has come', async () => {
    const fast = pair.newPeer('fast', 6 * MINUTE_MS)
    await fast.start()
    const { peer, relay, session } = pair
    const ns = await fast.createNamespace('anyone')
    const namespace = await fast.replica.exportNamespace(ns)
    if (namespace === undefined) throw new Error('no namespace')
    // The peer's clock is two minutes ahead of the relay's: it takes what the relay does not take yet.
    const middle = pair.newPeer('middle', 2 * MINUTE_MS)
    await middle.start()
    await pair.time.advance(2 * MINUTE_MS)
    await middle.replica.importNamespace(namespace.genesis, namespace.head, namespace.signature)
    await relay.replica.importNamespace(namespace.genesis, namespace.head, namespace.signature)
    await pair.put(middle, ns, ['first'])
    await pair.put(fast, ns, ['early'])
    const { batch } = await fast.replica.batchSince(ns, 0, { maxBytes: 1000 })
    expect(batch && (await middle.replica.accept(ns, batch))).toMatchObject({ results: ['stored'] })
    await pair.put(middle, ns, ['last'])
    const next = new Session({
      replica: middle.replica,
      role: 'peer',
      ledger: new Ledger(),
      openExchange: pair.scripted.openExchange,
      now: middle.now,
      delay: pair.time.delay,
      onChange: () => undefined,
    })
    next.want(ns)
    const running = next.run(pair.ended.signal)
    await pair.time.advance(0)
    expect(await relay.replica.get(ns, 'notes', 'last')).toBeDefined()
    expect(await relay.replica.get(ns, 'notes', 'early')).toBeUndefined()
    expect(next.status.get(ns)).toMatchObject({ state: 'live', acked: 3, held: 1, heldSeq: 2, lastRefusal: 'future' })
    await pair.put(middle, ns, ['more'])
    await pair.time.advance(100)
    expect(await relay.replica.get(ns, 'notes', 'more')).toBeDefined()
    expect(next.status.get(ns)).toMatchObject({ state: 'live', acked: 4, held: 1, heldSeq: 2 })
    await pair.time.advance(4 * MINUTE_MS)
    expect(await relay.replica.get(ns, 'notes', 'early')).toBeDefined()
    expect(next.status.get(ns)).toMatchObject({ state: 'live', acked: 4, held: 0, heldSeq: 0, error: undefined })
    pair.ended.abort()
    await running
    expect(session.status.size).toBe(0)
    expect(await peer.replica.namespaces()).toEqual([])
  })
})

describe('a peer that misbehaves', () => {
  const isRequest = (type: Request['t'], answer: (request: Request, honest: Response) => Response | Uint8Array | undefined): Twist => {
    return (request, honest) => (request.t === type ? answer(request, honest) : honest)
  }

  async function against(twist: Twist, { both = false } = {}): Promise<string> {
    const ns = await pair.relay.createNamespace('anyone')
    await pair.put(pair.relay, ns, numbers(40))
    if (both) {
      const exported = await pair.relay.replica.exportNamespace(ns)
      if (exported !== undefined) await pair.peer.replica.importNamespace(exported.genesis, exported.head, exported.signature)
      await pair.put(pair.peer, ns, numbers(40, 'ours'))
    }
    pair.scripted.twist = twist
    pair.session.want(ns)
    await pair.run()
    await pair.time.advance(1000)
    return ns
  }

  it.each<[string, Twist, string]>([
    ['is in another network', isRequest('hello', (_, honest) => (honest.t === 'hello' ? { ...honest, net: 'other' } : honest)), 'wrong-network'],
    [
      'can more than is read',
      isRequest('hello', (_, honest) => (honest.t === 'hello' ? { ...honest, can: Array(17).fill('x') } : honest)),
      'protocol',
    ],
    ['breaks the connection', isRequest('open', () => undefined), 'unknown'],
    ['sends garbage', isRequest('open', () => Uint8Array.of(1, 2, 3)), 'protocol'],
    ['sends too much', isRequest('open', () => dagCbor.encode({ t: 'reply', reply: new Uint8Array(300_000) })), 'protocol'],
    ['answers what was not asked', isRequest('open', () => ({ t: 'idle' })), 'protocol'],
    ['sends an error that ends the stream', isRequest('open', () => ({ t: 'error', code: 'malformed', message: '' })), 'malformed'],
    [
      'sends a batch that cannot be read',
      isRequest('pull', (_, honest) => (honest.t === 'news' ? { ...honest, batch: Uint8Array.of(1) } : honest)),
      'protocol',
    ],
    ['sends news of another namespace', isRequest('pull', (_, honest) => (honest.t === 'news' ? { ...honest, ns: 'other' } : honest)), 'protocol'],
  ])('ends the session where it %s', async (_, twist, code) => {
    await against(twist)
    expect(pair.isOver).toBe(true)
    expect(errorCode(pair.error)).toBe(code)
  })

  it('ends the session where the news of the waiting channel go back', async () => {
    const ns = await against((_, honest) => honest)
    expect(pair.status(ns).state).toBe('live')
    pair.scripted.twist = isRequest('follow', (request) =>
      request.t === 'follow' ? { t: 'news', ns, batch: null, seq: request.wants[0]?.since ?? 0, more: false } : { t: 'idle' },
    )
    await pair.time.advance(MINUTE_MS)
    expect(errorCode(pair.error)).toBe('protocol')
  })

  it('ends the session where news name a namespace twice', async () => {
    const ns = await against((_, honest) => honest)
    pair.scripted.twist = isRequest('follow', () => {
      const news = { ns, batch: null, seq: 1000, more: false }
      return { t: 'news', ...news, also: [{ ...news, seq: 1001 }] }
    })
    await pair.time.advance(MINUTE_MS)
    expect(errorCode(pair.error)).toBe('protocol')
  })

  it.each<[string, Twist]>([
    ['lists records that it does not send', isRequest('fetch', () => ({ t: 'batch', batch: null, taken: 0 }))],
    ['sends fewer results than records', isRequest('put', (_, honest) => (honest.t === 'results' ? { ...honest, results: [] } : honest))],
    [
      'repeats the question',
      isRequest('ask', (request, honest) => (honest.t === 'reply' && request.t === 'ask' ? { t: 'reply', reply: other(request.question) } : honest)),
    ],
  ])('ends the session where it %s while both compare', async (_, twist) => {
    await against(twist, { both: true })
    expect(errorCode(pair.error)).toBe('protocol')
  })

  it('keeps no namespace that it did not ask for', async () => {
    const other = await pair.relay.createNamespace('anyone')
    const exported = await pair.relay.replica.exportNamespace(other)
    await against(isRequest('open', (_, honest) => (honest.t === 'opened' && exported !== undefined ? { ...honest, namespace: exported } : honest)))
    expect(errorCode(pair.error)).toBe('protocol')
    expect(await pair.peer.replica.namespaces()).toEqual([])
  })

  it.each<[string, Twist]>([
    [
      'promises records and sends none',
      isRequest('fetch', (request, honest) => (request.t === 'fetch' && honest.t === 'batch' ? { ...honest, batch: null } : honest)),
    ],
    ['invents a root', isRequest('open', (_, honest) => (honest.t === 'opened' ? { ...honest, root: 'ff' } : honest))],
  ])('does not try for ever, and does not call it live, where the peer %s', async (_, twist) => {
    const ns = await against(twist, { both: true })
    expect(pair.status(ns)).toMatchObject({ state: 'failed' })
    const { requests } = pair.session.traffic
    expect(requests).toBeLessThan(60)
    await pair.time.advance(10 * MINUTE_MS)
    expect(pair.session.traffic.requests - requests).toBeLessThan(200)
    const failed = pair.session.syncNow(ns, idle).catch(errorCode)
    await pair.time.settle()
    expect(await failed).toBe('not-equal')
    // As soon as it behaves, all is well.
    pair.scripted.twist = (_, honest) => honest
    await pair.time.advance(3 * MINUTE_MS)
    expect(pair.status(ns)).toMatchObject({ state: 'live', error: undefined })
    expect(await pair.isEqual(ns)).toBe(true)
  })

  it('comes to an end where the peer sends the same news for ever', async () => {
    let seq = 0
    let batch: Uint8Array | undefined
    const ns = await against((request, honest) => {
      if (honest.t === 'news' && honest.batch !== null) batch ??= honest.batch
      const isEndless = request.t === 'pull' && batch !== undefined
      return isEndless && batch !== undefined ? { t: 'news', ns: request.ns, batch, seq: ++seq, more: true } : honest
    })
    expect(pair.scripted.count('pull')).toBeLessThan(6)
    expect(pair.status(ns).state).toBe('live')
  })

  it('does not let the error of one namespace stop the others', async () => {
    const bad = await pair.relay.createNamespace('anyone')
    pair.session.want(bad)
    const ns = await against(
      isRequest('open', (request, honest) =>
        request.t === 'open' && request.ns === bad ? { t: 'error', code: 'disk-full', message: 'no room' } : honest,
      ),
    )
    expect(pair.status(bad)).toMatchObject({ state: 'failed', error: expect.stringContaining('no room') as string })
    expect(pair.status(ns)).toMatchObject({ state: 'live', received: 40 })
    await pair.put(pair.relay, ns, ['later'])
    await pair.time.advance(1)
    expect(pair.status(ns).received).toBe(41)
    expect(pair.isOver).toBe(false)
  })

  it('goes on where our own storage fails for a while', async () => {
    const ns = await against((_, honest) => honest)
    const { commit } = pair.peer.storage
    pair.peer.storage.commit = () => {
      throw new DocstoreError('storage-failed', 'The disk is broken')
    }
    await pair.put(pair.relay, ns, ['later'])
    await pair.time.advance(1000)
    expect(pair.status(ns)).toMatchObject({ state: 'failed', error: 'The disk is broken' })
    const { requests } = pair.session.traffic
    await pair.time.advance(10_000)
    expect(pair.session.traffic.requests - requests).toBeLessThan(15)
    pair.peer.storage.commit = commit
    await pair.time.advance(3 * MINUTE_MS)
    expect(pair.status(ns)).toMatchObject({ state: 'live', received: 41, error: undefined })
  })

  it('lists namespaces page by page, and not for ever', async () => {
    await against((_, honest) => honest)
    let page = 0
    pair.scripted.twist = isRequest('list', () => ({
      t: 'list',
      ids: Array.from({ length: 1000 }, (_, i) => String(++page * 1000 + i).padStart(9, '0')),
    }))
    const listing = pair.session.listNamespaces()
    await pair.time.settle()
    expect((await listing).length).toBe(10_000)
    pair.scripted.twist = isRequest('list', () => ({ t: 'list', ids: ['b', 'a'] }))
    await expect(pair.session.listNamespaces()).rejects.toMatchObject({ code: 'protocol' })
  })
})

/** The same ranges with other fingerprints: "all of this differs". */
function other(bytes: Uint8Array): Uint8Array {
  const question = decodeQuestion(bytes)
  if (!question.ok) throw new Error(question.reason)
  return encodeReply(question.value.ranges.map((range) => ({ ...range, print: range.print.map((byte) => byte ^ 1) })))
}
