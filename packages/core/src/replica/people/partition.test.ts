import { afterEach, expect, it } from 'vitest'
import { errorCode } from '../../errors.ts'
import { toHex } from '../../model/bytes.ts'
import { timeFromMs } from '../../model/clock.ts'
import { identityFromSeed } from '../../model/keys/identity.ts'
import { ids, put, World } from '../../testing/people-world.ts'
import { type SeededRandom, seededRandom } from '../../testing/random.ts'
import type { TestPeer } from '../../testing/test-peer.ts'

const words = new Uint8Array(32).fill(7)
const next = [8, 9].map((n) => new Uint8Array(32).fill(n))

let world: World
afterEach(async () => {
  await world.close()
})

/** What may be refused where somebody has lost the right to it meanwhile. */
const REFUSED: readonly string[] = ['revoked', 'not-allowed', 'unknown-words', 'no-person']

async function attempt(work: () => Promise<unknown>): Promise<void> {
  try {
    await work()
  } catch (error) {
    if (!REFUSED.includes(errorCode(error))) throw error
  }
}

function pick<T>(random: SeededRandom, items: readonly T[]): T {
  const item = items[Math.floor(random.next() * items.length)]
  if (item === undefined) throw new Error('nothing to pick from')
  return item
}

/** Everything that a peer says of a namespace. */
async function saidBy(peer: TestPeer, ns: string): Promise<unknown> {
  const bytes = await peer.replica.exportNamespace(ns)
  const digest = await peer.replica.logsDigest(ns)
  return {
    head: bytes && toHex(bytes.head),
    logs: digest && toHex(digest),
    ids: await ids(peer, ns),
    members: await peer.replica.members(ns),
    root: (await peer.replica.summary(ns)).root,
  }
}

it.each(Array.from({ length: 4 }, (_, seed) => seed))(
  'devices are revoked, words used and replaced, roles given and taken on two sides that are apart: after they met all peers say the same (seed %i)',
  async (seed) => {
    world = new World()
    const random = seededRandom(seed + 1)
    const relays = [await world.peer('relay 0'), await world.peer('relay 1')] as const
    const ada = await world.peer('ada', { recovery: identityFromSeed(words).author })
    const ns = await ada.createNamespace('members')
    ada.dial(relays[0])
    const joined = async (peer: TestPeer, side: 0 | 1): Promise<TestPeer> => {
      peer.want(ns)
      peer.dial(relays[side])
      return peer
    }
    relays[0].dial(relays[1])
    const devices = [
      ada,
      await joined(await world.device('phone', ada), 1),
      await joined(await world.device('tablet', ada), 0),
      await joined(await world.device('desk', ada), 1),
    ]
    const members: TestPeer[] = []
    for (const [i, name] of ['bob', 'carl', 'dora'].entries())
      members.push(await joined(await world.peer(name, { recovery: identityFromSeed(new Uint8Array(32).fill(20 + i)).author }), i === 1 ? 1 : 0))
    await world.settle()
    const digests = await Promise.all(members.map(async (one) => (await one.replica.personFacts())?.digest ?? one.identity.author))
    for (const to of digests.slice(0, 2)) await ada.replica.changeRoles(ns, { type: 'grant', to, role: 'manage', from: timeFromMs(ada.now()) })
    await world.settle(120_000)

    world.wires.partition('relay 0', 'relay 1')
    for (let step = 0; step < 14; step++) {
      const by = pick(random, [...devices, ...devices, ...members])
      const until = await by.replica.cutTime()
      const isVoid = random.next() < 0.7
      const acts: readonly (() => Promise<unknown>)[] = [
        () => put(by, ns, `${by.name} ${step}`),
        () => put(by, ns, 'shared', step),
        () => by.replica.changeHead(ns, { title: `${by.name} ${step}` }),
        () => by.replica.changeRoles(ns, { type: 'grant', to: pick(random, digests), role: 'write', from: timeFromMs(by.now()) }),
        () => by.replica.changeRoles(ns, { type: 'dismiss', who: pick(random, digests), until, ...(isVoid && { void: true }) }),
        () => by.replica.changePerson({ type: 'revoke', key: pick(random, devices).identity.author, until, ...(isVoid && { void: true }) }),
        () => by.replica.actAsRecovery(words, { type: 'revoke', key: pick(random, devices).identity.author, until, void: true }),
        () => by.replica.rotateRecovery({ seed: words, next: pick(random, next) }),
      ]
      await attempt(pick(random, acts))
      await world.settle(random.next() * 20_000)
    }
    world.wires.heal()
    await world.settle(900_000)
    const said = await Promise.all(world.peers.map((peer) => saidBy(peer, ns)))
    for (const [i, one] of said.entries()) expect(one, world.peers[i]?.name ?? '').toEqual(said[0])
    for (const peer of world.peers) expect(peer.failures, peer.name).toEqual([])
  },
  60_000,
)
