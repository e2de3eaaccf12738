import { afterEach, beforeEach, expect, it } from 'vitest'
import { timeFromMs } from '../../model/clock.ts'
import { identityFromSeed } from '../../model/keys/identity.ts'
import { ids, put, World } from '../../testing/people-world.ts'

const seed = new Uint8Array(32).fill(3)
const key = (n: number) => identityFromSeed(new Uint8Array(32).fill(n))

let world: World
beforeEach(() => {
  world = new World()
})
afterEach(async () => {
  await world.close()
})

it('a device whose store is that of an older backup writes on, and nothing is lost of what it did before and does now', async () => {
  const relay = await world.peer('relay')
  const ada = await world.peer('ada', { recovery: key(7).author }, seed)
  const ns = await ada.createNamespace('members')
  ada.dial(relay)
  await put(ada, ns, 'old')
  await world.settle()
  const person = (await ada.replica.person())?.log
  const backup = await ada.replica.exportNamespace(ns)
  const { logs } = await ada.replica.exportActs(ns, [{ log: person?.log ?? seed, tips: [], skip: 0 }], 100_000)
  const { batch } = await ada.replica.batchSince(ns, 0, { maxBytes: 100_000 })
  if (person === undefined || backup === undefined || batch === undefined) throw new Error('nothing to keep')

  const grant = (to: number) => ({ type: 'grant', to: key(to).author, role: 'write', from: timeFromMs(ada.now()) }) as const
  await put(ada, ns, 'old', 1)
  await put(ada, ns, 'after the backup')
  await ada.replica.changeHead(ns, { title: 'after the backup' })
  await ada.replica.changeRoles(ns, grant(20))
  await ada.replica.changePerson({ type: 'label', key: ada.identity.author, label: 'after the backup' })
  await world.settle()
  await ada.stop()

  // The same identity with what was there then: its numbers of heads, its acts and its positions begin there once more.
  const restored = await world.peer('restored', { log: person }, seed)
  await restored.replica.importNamespace(backup.genesis, backup.head, backup.signature)
  await restored.replica.importActs(ns, logs, backup.genesis)
  await restored.replica.importNamespace(backup.genesis, backup.head, backup.signature)
  await restored.replica.accept(ns, batch)
  expect(await ids(restored, ns)).toEqual(['old'])
  await put(restored, ns, 'restored')
  await restored.replica.changeHead(ns, { description: 'restored' })
  await restored.replica.changeRoles(ns, grant(21))
  await restored.replica.changePerson({ type: 'label', key: ada.identity.author, label: 'restored' })
  restored.want(ns)
  restored.dial(relay)
  await world.settle(300_000)

  for (const peer of [relay, restored]) {
    expect(await ids(peer, ns)).toEqual(['after the backup', 'old', 'restored'])
    expect((await peer.replica.members(ns)).map(({ who }) => who).toSorted()).toEqual([key(20), key(21)].map(({ did }) => did).toSorted())
    expect(await peer.replica.namespace(ns)).toMatchObject({ name: 'after the backup', description: 'restored' })
    expect((await peer.replica.summary(ns)).root).toBe((await relay.replica.summary(ns)).root)
    expect(await peer.replica.logsDigest(ns)).toEqual(await relay.replica.logsDigest(ns))
  }
  const [device] = (await relay.replica.devicesOf(person.log)) ?? []
  expect(device).toMatchObject({ label: 'restored' })
  expect(device?.until).toBeUndefined()
})
