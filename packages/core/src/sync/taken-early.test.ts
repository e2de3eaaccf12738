import { expect, it } from 'vitest'
import { createNetwork } from '../model/network/network.ts'
import { HostileNetwork } from '../testing/hostile-network.ts'
import { seededRandom } from '../testing/random.ts'
import { TestPeer } from '../testing/test-peer.ts'
import { VirtualTime } from '../testing/virtual-time.ts'

const DAY_MS = 86_400_000

it('what a peer took whose clock was set since it told its time is not written anew', async () => {
  const time = new VirtualTime()
  const random = seededRandom(3)
  const network = createNetwork('test', { nonce: random.bytes(16) })
  const wires = new HostileNetwork(time, random)
  const relay = new TestPeer({ name: 'relay', role: 'relay', network, time, wires, random })
  const writer = new TestPeer({ name: 'writer', role: 'peer', network, time, wires, random })
  await relay.start()
  await writer.start()
  const ns = await writer.createNamespace('owner')
  writer.dial(relay)
  await time.advance(10_000)
  writer.setClock(DAY_MS)
  relay.setClock(DAY_MS)
  await writer.replica.write(ns, 'docs', [{ id: 's', content: '{"_id":"s","v":1}' }])
  await time.advance(1000)
  expect(await relay.replica.get(ns, 'docs', 's')).toBe('{"_id":"s","v":1}')
  writer.setClock(0)
  relay.setClock(0)
  expect(await writer.replica.future(ns)).toMatchObject({ records: 1, mendable: 0 })
  await writer.replica.redate()
  expect((await writer.replica.summary(ns)).root).toBe((await relay.replica.summary(ns)).root)
  await writer.close()
  await relay.close()
})
