import { afterEach, beforeEach, expect, it } from 'vitest'
import { createNetwork } from '../model/network/network.ts'
import { HostileNetwork } from '../testing/hostile-network.ts'
import { seededRandom } from '../testing/random.ts'
import { TestPeer } from '../testing/test-peer.ts'
import { VirtualTime } from '../testing/virtual-time.ts'
// Virtual time does not wait for files to be read.
import '../replica/writing/forgetting.ts'
import '../replica/writing/typed/map-bases.ts'
import '../replica/writing/typed/map-puts.ts'
import '../storage/records/forgotten-slots.ts'

const DAY = 24 * 3_600_000

let time: VirtualTime
let peers: TestPeer[]
let relay: TestPeer
let ada: TestPeer
let bob: TestPeer
let ns: string
beforeEach(async () => {
  time = new VirtualTime()
  const random = seededRandom(7)
  const wires = new HostileNetwork(time, random)
  const network = createNetwork('forgotten', { nonce: random.bytes(16) })
  const peer = async (name: string, role: 'relay' | 'peer'): Promise<TestPeer> => {
    const one = new TestPeer({ name, role, network, time, wires, random })
    await one.start()
    return one
  }
  peers = [await peer('relay', 'relay'), await peer('ada', 'peer'), await peer('bob', 'peer')]
  ;[relay, ada, bob] = peers as [TestPeer, TestPeer, TestPeer]
  ada.dial(relay)
  bob.dial(relay)
  ns = await ada.createNamespace('anyone')
  bob.want(ns)
  await write(ada, 'gone', '1')
  await write(ada, 'kept', '1')
  await until(async () => (await idsOf(bob)).length === 2)
  await bob.stop()
})
afterEach(async () => {
  for (const peer of peers) await peer.close()
})

const write = (peer: TestPeer, id: string, n: string | null): Promise<unknown> =>
  peer.replica.write(ns, 'docs', [{ id, content: n === null ? null : `{"_id":"${id}","n":${n}}` }])
const idsOf = async ({ replica }: TestPeer): Promise<string[]> =>
  (await replica.find(ns, 'docs', { limit: 10 })).contents.map((content) => (JSON.parse(content) as { _id: string })._id)
const rootOf = async ({ replica }: TestPeer): Promise<string> => (await replica.summary(ns)).root

async function until(condition: () => Promise<boolean>): Promise<void> {
  for (let minutes = 0; !(await condition()); minutes++) {
    if (minutes > 120) throw new Error('It does not come')
    await time.advance(30_000)
  }
}

/** Days go by for all. */
async function pass(days: number): Promise<void> {
  for (let day = 25; day < days + 25; day += 25) {
    for (const peer of peers) peer.setClock(Math.min(day, days) * DAY)
    for (const peer of [relay, ada]) await peer.replica.forgetDeleted()
    await time.advance(60_000)
  }
}

it('a peer that was away for longer than tombstones are kept brings nothing back, and loses it too', async () => {
  await write(ada, 'gone', null)
  await pass(191)
  expect((await relay.replica.summary(ns)).count).toBe(1)
  await bob.start()
  expect(await idsOf(bob)).toEqual(['gone', 'kept'])
  await until(async () => (await rootOf(bob)) === (await rootOf(relay)))
  for (const peer of peers) expect(await idsOf(peer)).toEqual(['kept'])
  await until(async () => bob.sessions.get(relay)?.status.get(ns)?.state === 'live')
  expect(bob.failures).toEqual([])
})

it('what it wrote itself meanwhile arrives, and a peer that is no relay is not believed', async () => {
  await write(ada, 'gone', null)
  await pass(191)
  ada.dial(bob)
  bob.dial(ada)
  await relay.stop()
  await bob.start()
  await write(bob, 'new', '2')
  await until(async () => (await idsOf(ada)).includes('new'))
  await time.advance(300_000)
  expect(await idsOf(bob)).toEqual(['gone', 'kept', 'new'])
  expect(await idsOf(ada)).toEqual(['kept', 'new'])
  expect(bob.sessions.get(ada)?.status.get(ns)?.state).toBe('live')
  await relay.start()
  await until(async () => (await rootOf(bob)) === (await rootOf(relay)) && (await rootOf(ada)) === (await rootOf(relay)))
  expect(await idsOf(bob)).toEqual(['kept', 'new'])
})

it('a document of a map that somebody new makes is whole everywhere, though one of its name was deleted long ago', async () => {
  ns = await ada.createNamespace('anyone', { docs: { type: 'map' } })
  await write(ada, 'x', '1')
  await until(async () => (await idsOf(relay)).includes('x'))
  await write(ada, 'x', null)
  await pass(191)
  await bob.start()
  bob.want(ns)
  await bob.replica.write(ns, 'docs', [{ id: 'x', content: '{"_id":"x","new":1}' }])
  const contents = async ({ replica }: TestPeer): Promise<string> => (await replica.find(ns, 'docs', { limit: 10 })).contents.join()
  await until(async () => (await contents(ada)) !== '')
  await until(async () => (await rootOf(bob)) === (await rootOf(relay)) && (await rootOf(ada)) === (await rootOf(relay)))
  for (const peer of peers) expect(await contents(peer)).toBe('{"_id":"x","new":1}')
  await until(async () => bob.sessions.get(relay)?.status.get(ns)?.state === 'live')
  expect(bob.failures).toEqual([])
})
