import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { createNetwork } from '@p2p-docstore/core'
import { afterEach, describe, expect, it } from 'vitest'
import { TestPeer } from '../testing/test-peer.ts'
import { TestRelay } from '../testing/test-relay.ts'

const PEERS = 10
/** How long what a peer says of itself holds: for longer than a round takes on any machine. The clock is moved on when they have left. */
const LIFE_MS: number = 8 * 60_000
const UNTIL_LISTED = { timeout: 60_000, interval: 100 }
/** What a round of peers that came and went may leave behind, bytes: far less than the peers took. */
const MAX_LEFT_BYTES = 4e6

const network = createNetwork('churn')
const cleanups: (() => unknown)[] = []
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).toReversed()) await cleanup()
})

setFlagsFromString('--expose-gc')
const collectGarbage = runInNewContext('gc') as () => void

/** Bytes that are in use. */
function used(): number {
  collectGarbage()
  return process.memoryUsage().heapUsed
}

/** By which the clock of all peers is ahead, milliseconds. */
let aheadMs = 0
const now = (): number => Date.now() + aheadMs
const directory = { lifeMs: LIFE_MS, compareMs: 1000 }

/** Peers that wish to be listed, half of them at each relay. */
function join(relays: readonly TestRelay[]): Promise<TestPeer[]> {
  const start = (_: unknown, n: number) =>
    TestPeer.start(network, { relays: relays.slice(n % 2, (n % 2) + 1).map(({ origin }) => origin), listed: true, directory, now })
  return Promise.all(Array.from({ length: PEERS }, start))
}

describe('peers that come and go', () => {
  it('are on the lists while they are there, and leave nothing behind', { timeout: 180_000 }, async () => {
    const first = await TestRelay.start(network, { directory: { compareMs: 1000 }, now })
    cleanups.push(() => first.close())
    const second = await TestRelay.start(network, { directory: { compareMs: 1000 }, now, relays: [first.origin] })
    cleanups.push(() => second.close())
    const listed = async ({ peer }: TestRelay): Promise<number> => (await peer.network.directory()).length
    const inUse: number[] = []
    for (let round = 0; round < 3; round++) {
      const peers = await join([first, second])
      for (const relay of [first, second]) await expect.poll(() => listed(relay), UNTIL_LISTED).toBe(2 + PEERS)
      const one = peers[0]
      await expect.poll(async () => (await one?.network.directory())?.length, UNTIL_LISTED).toBe(2 + PEERS)
      await Promise.all(peers.map((peer) => peer.close()))
      peers.length = 0
      aheadMs += LIFE_MS
      for (const relay of [first, second]) expect(await listed(relay)).toBe(2)
      inUse.push(used())
    }
    const [, before = 0] = inUse
    console.log(`in use after each round, MB: ${inUse.map((bytes) => Math.round(bytes / 1e5) / 10).join(', ')}`)
    // Timers of connections that ended hold some of it for a while.
    await expect.poll(() => used() - before, UNTIL_LISTED).toBeLessThan(MAX_LEFT_BYTES)
  })
})
