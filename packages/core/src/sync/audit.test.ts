import { afterEach, beforeEach, expect, it } from 'vitest'
import { DocstoreError } from '../errors.ts'
import { createNetwork } from '../model/network/network.ts'
import { HostileNetwork } from '../testing/hostile-network.ts'
import { seededRandom } from '../testing/random.ts'
import { ScriptedPeer } from '../testing/scripted-peer.ts'
import { TestPeer } from '../testing/test-peer.ts'
import { VirtualTime } from '../testing/virtual-time.ts'
import { Audits } from './audit.ts'
import { Ledger } from './ledger.ts'
import { Session } from './session.ts'

const HOUR_MS = 3_600_000

let time: VirtualTime
let peer: TestPeer
let relay: TestPeer
let ns: string
let scripted: ScriptedPeer

beforeEach(async () => {
  time = new VirtualTime()
  const random = seededRandom(51)
  const network = createNetwork('test', { nonce: random.bytes(16) })
  const newPeer = (name: 'peer' | 'relay'): TestPeer =>
    new TestPeer({ name, role: name, network, time, wires: new HostileNetwork(time, random), random })
  peer = newPeer('peer')
  relay = newPeer('relay')
  await peer.start()
  await relay.start()
  scripted = new ScriptedPeer(() => relay.respond('peer'))
  ns = await relay.createNamespace('anyone')
  const { genesis, head, signature } = (await relay.replica.exportNamespace(ns)) ?? {
    genesis: new Uint8Array(),
    head: new Uint8Array(),
    signature: new Uint8Array(),
  }
  await peer.replica.importNamespace(genesis, head, signature)
  for (const one of [peer, relay]) {
    for (let i = 0; i < 40; i++) await one.replica.write(ns, 'notes', [{ id: `${one.name} ${i}`, content: `{"_id":"${one.name} ${i}"}` }])
  }
})
afterEach(async () => {
  await peer.close()
  await relay.close()
})

/** Lets both believe that they are equal, as sets do whose hashes add up to the same. */
function forgeSums(): void {
  const honest = relay.replica.summary.bind(relay.replica)
  const before = honest(ns).then(({ root }) => root)
  relay.replica.summary = async (id) => {
    const summary = await honest(id)
    return summary.root === (await before) ? { ...summary, root: (await peer.replica.summary(id)).root } : summary
  }
}

async function run(random: () => number, ms = 0): Promise<Session> {
  const ended = new AbortController()
  const session = new Session({
    replica: peer.replica,
    role: 'peer',
    ledger: new Ledger(),
    openExchange: () => scripted.openExchange(),
    now: peer.now,
    delay: time.delay,
    random,
    onChange: () => undefined,
  })
  session.want(ns)
  const running = session.run(ended.signal)
  await time.advance(ms)
  ended.abort()
  await running
  return session
}

const count = async ({ replica }: TestPeer): Promise<number> => replica.count(ns, 'notes', {})

it('finds what equal roots hide, and exchanges it', async () => {
  forgeSums()
  await run(() => 0)
  expect([await count(peer), await count(relay)]).toEqual([80, 80])
  expect((await peer.replica.summary(ns)).root).toBe((await relay.replica.summary(ns)).root)
})

it('is what finds it: comparing alone does not', async () => {
  forgeSums()
  const session = await run(() => 0.99)
  expect(session.status.get(ns)?.lastSyncedAt).toBeDefined()
  expect(scripted.count('ask')).toBe(0)
  expect([await count(peer), await count(relay)]).toEqual([40, 40])
})

it('costs one question where both are equal, and waits where the peer is busy', async () => {
  await run(() => 0.99)
  expect([await count(peer), await count(relay)]).toEqual([80, 80])
  const asked = scripted.count('ask')
  await run(() => 0)
  expect(scripted.count('ask')).toBe(asked + 1)
  relay.replica.answer = async () => {
    throw new DocstoreError('busy', 'Later')
  }
  const session = await run(() => 0)
  expect(scripted.count('ask')).toBe(asked + 2)
  expect(session.status.get(ns)).toMatchObject({ error: undefined })
})

it('is due by chance: now and then at the first comparison, then about once a day however often roots are compared', async () => {
  const random = seededRandom(52)
  const due = async (sessions: number, comparisons: number, everyMs: number): Promise<number> => {
    let audits = 0
    let now = 0
    const replica = new Proxy(peer.replica, { get: () => async () => new Uint8Array() })
    for (let i = 0; i < sessions; i++) {
      const reconcile = async (): Promise<number> => {
        audits++
        return 0
      }
      const one = new Audits({ ns, replica, now: () => now, random: random.next, reconcile })
      for (let k = 0; k < comparisons; k++, now += everyMs) await one.maybe()
    }
    return audits
  }
  const first = await due(6400, 1, 0)
  expect(first).toBeGreaterThan(60)
  expect(first).toBeLessThan(140)
  // A hundred days, by the half minute and by the hour.
  for (const everyMs of [30_000, HOUR_MS]) {
    const daily = await due(1, (2400 * HOUR_MS) / everyMs, everyMs)
    expect(daily).toBeGreaterThan(70)
    expect(daily).toBeLessThan(130)
  }
})
