import { afterEach, beforeEach, expect, it } from 'vitest'
import { errorCode } from '../../errors.ts'
import { timeFromMs } from '../../model/clock.ts'
import { identityFromSeed } from '../../model/keys/identity.ts'
import { ids, put, shuffled, World } from '../../testing/people-world.ts'
import type { TestPeer } from '../../testing/test-peer.ts'

const words = identityFromSeed(new Uint8Array(32).fill(7))

let world: World
beforeEach(() => {
  world = new World()
})
afterEach(async () => {
  await world.close()
})

const personOf = async ({ replica }: TestPeer): Promise<Uint8Array> => (await replica.person())?.log.log ?? new Uint8Array()

it.each([true, false])('two managers who dismiss each other apart are both out on every peer, whichever comes first; void: %s', async (isVoid) => {
  const relay = await world.peer('relay')
  const [ada, eve, bob] = [
    await world.peer('ada', { recovery: words.author }),
    await world.peer('eve', { recovery: words.author }),
    await world.peer('bob', { recovery: words.author }),
  ]
  const key = await world.peer('key')
  const ns = await ada.createNamespace('members')
  for (const peer of [ada, eve, bob, key]) {
    peer.want(ns)
    peer.dial(relay)
  }
  await world.settle()
  const from = timeFromMs(ada.now())
  for (const one of [eve, bob]) await ada.replica.changeRoles(ns, { type: 'grant', to: await personOf(one), role: 'manage', from })
  await world.settle()
  for (const one of [eve, bob]) await put(one, ns, `of ${one.name}`)
  await world.settle()

  for (const one of [eve, bob]) world.wires.partition(one.name, 'relay')
  const until = timeFromMs(ada.now())
  await world.settle(1000)
  for (const [one, other] of [
    [eve, bob],
    [bob, eve],
  ] as const) {
    await one.replica.changeRoles(ns, { type: 'dismiss', who: await personOf(other), until, ...(isVoid && { void: true as const }) })
    await one.replica.changeRoles(ns, { type: 'grant', to: key.identity.author, role: 'write', from })
    await put(one, ns, `late, of ${one.name}`)
  }
  world.wires.heal()
  await world.settle(300_000)
  const stranger = await world.peer('stranger')
  stranger.want(ns)
  stranger.dial(relay)
  await world.settle(300_000)

  const kept = isVoid ? [] : ['of bob', 'of eve']
  for (const peer of world.peers) {
    expect(await ids(peer, ns)).toEqual(kept)
    expect(await peer.replica.members(ns)).toEqual(await relay.replica.members(ns))
    expect((await peer.replica.summary(ns)).root).toBe((await relay.replica.summary(ns)).root)
  }
  for (const one of [eve, bob, key]) await expect(put(one, ns, 'again').then(() => 'written', errorCode)).resolves.toMatch(/^(revoked|not-allowed)$/u)
  // The same acts in other orders say the same.
  const bytes = await relay.replica.exportNamespace(ns)
  const tips = await relay.replica.logTips(ns, new Uint8Array(), 10)
  const { logs } = await relay.replica.exportActs(
    ns,
    tips.map(({ log }) => ({ log, tips: [], skip: 0 })),
    1_000_000,
  )
  for (let round = 0; round < 5; round++) {
    const other = await world.peer(`other ${round}`)
    const [owner] = logs.filter(({ genesis }) => genesis !== undefined)
    if (bytes === undefined || owner === undefined) throw new Error('no namespace')
    for (const one of logs.filter(({ genesis }) => genesis !== undefined)) await other.replica.importActs(ns, [one], bytes.genesis)
    await other.replica.importNamespace(bytes.genesis, bytes.head, bytes.signature)
    for (let pass = 0; pass < 2; pass++) {
      for (const one of shuffled(logs, world.random)) {
        for (const act of shuffled(one.acts, world.random)) await other.replica.importActs(ns, [{ ...one, acts: [act] }])
        await other.replica.importActs(ns, [one])
      }
    }
    expect(await other.replica.members(ns)).toEqual(await relay.replica.members(ns))
  }

  // The owner outranks both: whoever gets a role anew has what they wrote back.
  await ada.replica.changeRoles(ns, { type: 'grant', to: await personOf(eve), role: 'write', from })
  await world.settle(300_000)
  for (const peer of [relay, ada, eve, bob, stranger])
    expect(await ids(peer, ns)).toEqual(isVoid ? ['late, of eve', 'of eve'] : ['late, of eve', 'of bob', 'of eve'])
})

it('changes that belong together are none of them made where one would not count', async () => {
  const relay = await world.peer('relay')
  const [ada, eve, bob] = [await world.peer('ada'), await world.peer('eve'), await world.peer('bob')]
  const ns = await ada.createNamespace('members')
  for (const peer of [ada, eve, bob]) {
    peer.want(ns)
    peer.dial(relay)
  }
  await world.settle()
  const from = timeFromMs(ada.now())
  await ada.replica.changeRoles(
    ns,
    { type: 'grant', to: eve.identity.author, role: 'manage', from },
    { type: 'grant', to: bob.identity.author, role: 'write', from },
  )
  await world.settle()
  const before = await eve.replica.members(ns)
  expect(before.map(({ role }) => role).sort()).toEqual(['manage', 'write'])
  const dismissal = { type: 'dismiss', who: bob.identity.author, until: timeFromMs(eve.now()) } as const
  // Only the owner lets others manage.
  const promotion = { type: 'grant', to: bob.identity.author, role: 'manage', from } as const
  await expect(eve.replica.changeRoles(ns, dismissal, promotion)).rejects.toMatchObject({ code: 'not-allowed' })
  await world.settle()
  for (const peer of [ada, eve, bob, relay]) expect(await peer.replica.members(ns)).toEqual(before)
})
