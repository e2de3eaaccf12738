import { afterEach, beforeEach, expect, it } from 'vitest'
import { timeFromMs } from '../model/clock.ts'
import { identityFromSeed } from '../model/keys/identity.ts'
import { put, World } from '../testing/people-world.ts'
import type { TestPeer } from '../testing/test-peer.ts'

let world: World
let relay: TestPeer
let ada: TestPeer
let ns: string
beforeEach(async () => {
  world = new World()
  relay = await world.peer('relay')
  ada = await world.peer('ada')
  ns = await ada.createNamespace('members')
  ada.want(ns)
  ada.dial(relay)
  await world.settle()
})
afterEach(() => world.close())

const change = {
  role: (to = 1) =>
    ada.replica.changeRoles(ns, {
      type: 'grant',
      to: identityFromSeed(new Uint8Array(32).fill(to)).author,
      role: 'write',
      from: timeFromMs(ada.now()),
    }),
  title: () => ada.replica.changeHead(ns, { title: 'changed' }),
} as const

/** Whether the relay has the head and the logs that are here. */
async function isTold(): Promise<boolean> {
  const [ours, theirs] = await Promise.all(
    [ada, relay].map(async ({ replica }) => [await replica.logsDigest(ns), (await replica.namespace(ns))?.name]),
  )
  return JSON.stringify(ours) === JSON.stringify(theirs)
}

/** Steps through time until the relay is said to have everything up to a position, and looks whether it has. */
async function whenAcked(seq: number): Promise<boolean> {
  for (let ms = 0; ms < 60_000; ms++) {
    if ((ada.sessions.get(relay)?.status.get(ns)?.acked ?? 0) >= seq) return isTold()
    await world.settle(1)
  }
  throw new Error('Nothing was confirmed')
}

for (const [what, commit] of Object.entries(change)) {
  it(`a ${what} that is changed while both sides compare counts as delivered once the relay has it`, async () => {
    const { replica } = ada
    const summary = replica.summary.bind(replica)
    const after = { isBegun: false, seq: 0 }
    // What was read of head and logs before is out of date when the position is read.
    replica.summary = async (id) => {
      if (!after.isBegun) {
        after.isBegun = true
        await commit()
        after.seq = await replica.lastSeq(ns)
      }
      return summary(id)
    }
    await change.role(2)
    for (let ms = 0; after.seq === 0; ms++) {
      expect(ms).toBeLessThan(60_000)
      await world.settle(1)
    }
    expect(await whenAcked(after.seq)).toBe(true)
  })

  it(`a document behind a ${what} that was changed does not count as delivered before that`, async () => {
    const { replica } = ada
    const batchSince = replica.batchSince.bind(replica)
    const after = { isBegun: false, seq: 0 }
    replica.batchSince = async (...asked) => {
      if (!after.isBegun) {
        after.isBegun = true
        await commit()
        await put(ada, ns, 'b')
        after.seq = await replica.lastSeq(ns)
      }
      return batchSince(...asked)
    }
    await put(ada, ns, 'a')
    for (let ms = 0; after.seq === 0; ms++) {
      expect(ms).toBeLessThan(60_000)
      await world.settle(1)
    }
    expect(await whenAcked(after.seq)).toBe(true)
  })
}
