import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createNetwork } from '../model/network/network.ts'
import type { Replica } from '../replica/types.ts'
import { HostileNetwork } from '../testing/hostile-network.ts'
import { seededRandom } from '../testing/random.ts'
import { ScriptedPeer } from '../testing/scripted-peer.ts'
import { TestPeer } from '../testing/test-peer.ts'
import { VirtualTime } from '../testing/virtual-time.ts'
import { Ledger } from './ledger.ts'
import { MAX_JOINED } from './limits.ts'
import type { Request } from './messages.ts'
import { type PeerClock, PeerClocks } from './peer-clocks.ts'
import { NamespaceMoves } from './namespace-moves.ts'
import { Responder } from './responder.ts'
import { Session } from './session.ts'

const NAMESPACES = 300
const MINUTE_MS = 60_000
const DAY_MS = 1440 * MINUTE_MS

const random = seededRandom(9)
const network = createNetwork('many', { nonce: random.bytes(16) })
let time: VirtualTime
let peer: TestPeer
let relay: TestPeer
let scripted: ScriptedPeer
let ended: AbortController
let ids: string[]
/** How often namespaces of the relay were looked at for news. */
let looks: number

/** The relay's replica, which counts how often it is asked for a position. */
function counted(replica: Replica): Replica {
  return new Proxy(replica, {
    get: (target, name) => {
      if (name === 'lastSeq') looks++
      const value: unknown = Reflect.get(target, name)
      return typeof value === 'function' ? (value.bind(target) as unknown) : value
    },
  })
}

beforeEach(async () => {
  time = new VirtualTime()
  const wires = new HostileNetwork(time, random)
  peer = new TestPeer({ name: 'peer', role: 'peer', network, time, wires, random })
  relay = new TestPeer({ name: 'relay', role: 'relay', network, time, wires, random })
  await peer.start()
  await relay.start()
  const replica = counted(relay.replica)
  const ledger = new Ledger()
  const moves = new NamespaceMoves(replica)
  scripted = new ScriptedPeer(() => new Responder({ replica, role: 'relay', ledger, moves, now: relay.now, delay: time.delay }))
  ended = new AbortController()
  ids = []
  for (let n = 0; n < NAMESPACES; n++) ids.push(await relay.createNamespace('anyone'))
})
afterEach(async () => {
  ended.abort()
  await peer.close()
  await relay.close()
})

/** Makes both equal, and forgets what that took. */
async function connect(clock?: PeerClock): Promise<Session> {
  const session = new Session({
    replica: peer.replica,
    role: 'peer',
    ledger: new Ledger(),
    openExchange: scripted.openExchange,
    now: peer.now,
    delay: time.delay,
    random: random.next,
    onChange: () => undefined,
    ...(clock === undefined ? {} : { clock }),
  })
  for (const id of ids) session.want(id)
  void session.run(ended.signal)
  await time.advance(2000)
  expect(ids.every((id) => session.status.get(id)?.state === 'live')).toBe(true)
  scripted.heard.length = 0
  looks = 0
  return session
}

/** One change in each namespace, all at the same time. */
async function change(where: TestPeer): Promise<void> {
  await Promise.all(ids.map((id) => where.replica.write(id, 'notes', [{ id: 'x', content: '{"_id":"x"}' }])))
  await time.advance(500)
}

async function arrived(where: TestPeer): Promise<number> {
  const found = await Promise.all(ids.map((id) => where.replica.get(id, 'notes', 'x')))
  return found.filter((content) => content !== undefined).length
}

const kinds = (...types: readonly Request['t'][]): number => types.reduce((sum, type) => sum + scripted.count(type), 0)

describe('one change in each of many namespaces', () => {
  it('comes in as many messages as it takes bytes, and only what changed is looked at', async () => {
    await connect()
    await change(relay)
    expect(await arrived(peer)).toBe(NAMESPACES)
    // The first alone, as soon as it is there; then as many together as go into a message; and one that waits again.
    expect(kinds('follow')).toBeLessThanOrEqual(3 + Math.ceil(NAMESPACES / MAX_JOINED))
    // Once for its news, and once after its position was moved. What is read besides is the writes' own.
    expect(looks).toBeLessThanOrEqual(3 * NAMESPACES)
  })

  it('goes in few messages', async () => {
    await connect()
    await change(peer)
    expect(await arrived(relay)).toBe(NAMESPACES)
    expect(kinds('put', 'puts')).toBeLessThanOrEqual(NAMESPACES / 10)
  })

  it('comes to a peer that reads the news of one namespace only, and is not sent the others again and again', async () => {
    scripted.twist = (_, honest) => {
      if (honest.t !== 'news') return honest
      const { t, ns, batch, seq, more } = honest
      return { t, ns, batch, seq, more }
    }
    await connect()
    await change(relay)
    expect(await arrived(peer)).toBe(NAMESPACES)
    const joined = scripted.heard.filter(({ response }) => response.t === 'news' && response.also !== undefined)
    expect(joined.length).toBeLessThanOrEqual(1)
  })

  it('goes to a peer that does not say that it takes several batches at once', async () => {
    scripted.twist = (_, honest) => (honest.t === 'hello' ? { ...honest, can: [] } : honest)
    await connect()
    await change(peer)
    expect(await arrived(relay)).toBe(NAMESPACES)
    expect(kinds('puts')).toBe(0)
  })

  it('is held back in those where it lies in the future, and the answers tell the clock', async () => {
    const clocks = new PeerClocks({ now: peer.now, elapsed: () => time.elapsedMs })
    const session = await connect(clocks.of('relay', { counts: true }))
    peer.setClock(400 * DAY_MS)
    const early = ids.slice(0, 100)
    await Promise.all(early.map((id) => peer.replica.write(id, 'notes', [{ id: 'early', content: '{"_id":"early"}' }])))
    await time.advance(500)
    peer.setClock(0)
    relay.setClock(-4 * MINUTE_MS)
    scripted.heard.length = 0
    // So that only the answers to batches of several namespaces are right.
    scripted.twist = (_, honest) => (honest.t === 'results' ? { ...honest, clock: 0 } : honest)
    await change(peer)
    expect(await arrived(relay)).toBe(NAMESPACES)
    expect(kinds('hello')).toBe(0)
    const [told] = clocks.report().relays
    expect(Math.round((told?.aheadMs ?? 0) / MINUTE_MS)).toBe(4)
    for (const [i, id] of ids.entries()) expect(session.status.get(id)?.held).toBe(i < early.length ? 1 : 0)
    for (const id of ids) expect(session.status.get(id)?.acked).toBe(await peer.replica.lastSeq(id))
  })

  it('goes to the others where the peer refuses one of the namespaces', async () => {
    await connect()
    const [refused] = ids
    scripted.twist = (request, honest) => {
      if (request.t === 'put' && request.ns === refused) return { t: 'error', code: 'storage-error', message: 'the disk is full' }
      if (request.t !== 'puts' || honest.t !== 'all-results') return honest
      const results = honest.results.map((one, i) => (request.puts[i]?.ns === refused ? { code: 'storage-error', message: 'the disk is full' } : one))
      return { ...honest, results }
    }
    await change(peer)
    expect(await arrived(relay)).toBe(NAMESPACES)
  })
})
