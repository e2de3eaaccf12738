import {
  cidText,
  createNetwork,
  DAG_CBOR,
  DocstoreError,
  identityFromSeed,
  Ledger,
  type LocalReplica,
  openReplica,
  type PeerDescriptor,
} from '@p2p-docstore/core'
import { ALL_PARTS, areNoParts, joinedParts, NO_PARTS, PLACEMENT_TIMES } from '@p2p-docstore/core/placement'
import { openNodeStorage } from '@p2p-docstore/core/storage/node'
import { afterEach, expect, it } from 'vitest'
import { Misconduct } from '../admission/index.ts'
import { KnownSplits } from './known-splits.ts'
import { type ListedRelay, PlacementView } from './placement-view.ts'
import { RelaySectors } from './relay-sectors.ts'

const network = createNetwork('test', { nonce: new Uint8Array(16) })
const START = 1_800_000_000_000
const { eligibleAfterMs, outAfterMs } = PLACEMENT_TIMES
const keys = Array.from({ length: 6 }, (_, n) => identityFromSeed(new Uint8Array(32).fill(n + 1)).author)
const cleanups: (() => unknown)[] = []
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).toReversed()) await cleanup()
})

function listed(n: number): ListedRelay {
  const told = { identity: null, addresses: [], origin: null, services: ['relay', 'storage', 'keeps-owned'], limits: {}, links: [] }
  const times = { since: START - eligibleAfterMs, at: START, expires: START + outAfterMs * 2 }
  const descriptor: PeerDescriptor = { v: 1, t: 'peer', net: network.cid, by: keys[n] ?? new Uint8Array(), ...told, ...times }
  return { peer: `peer ${n}`, descriptor }
}

/** The first of some relays, which reaches none of the others. */
async function alone(relays: number, before: (replica: LocalReplica) => Promise<void> = async () => undefined) {
  const replica: LocalReplica = await openReplica(openNodeStorage(':memory:'), { network: network.bytes, aside: false })
  await before(replica)
  const splits = await KnownSplits.open(replica, (ns) => sectors.splitChanged(ns))
  const all = Array.from({ length: relays }, (_, n) => listed(n))
  const view = new PlacementView({ network, relays: () => all, splitOf: (ns) => splits.of(ns), now: () => START })
  const sectors: RelaySectors = await RelaySectors.start({
    replica,
    networkId: network.id,
    key: keys[0] ?? new Uint8Array(),
    libp2p: { handle: async () => undefined },
    misconduct: new Misconduct(),
    ledgerOf: () => new Ledger(),
    view,
    splits,
    givesUp: true,
    connection: () => undefined,
    sessions: () => [],
    session: async () => {
      throw new DocstoreError('relay-unreachable', 'nobody is there')
    },
    status: () => undefined,
    isUsed: () => false,
    onNeeds: () => undefined,
    onChange: () => undefined,
    onBrought: () => undefined,
    onGone: () => undefined,
    onError: () => undefined,
  })
  cleanups.push(
    () => replica.close(),
    () => splits.stop(),
    () => sectors.stop(),
  )
  const { id } = await replica.createNamespace({ name: 'notes', write: 'anyone', split: 4 })
  await expect.poll(() => splits.of(id)).toBe(2)
  return { replica, view, sectors, id, relays: all }
}

it('a relay that does not reach the owners of parts says so, and does not take what is here for all', async () => {
  const { replica, sectors, id } = await alone(6)
  await replica.write(id, 'docs', [{ id: 'a', content: '{"_id":"a"}' }])
  await expect(sectors.bring(id)).rejects.toMatchObject({ code: 'busy', details: { retryMs: 2000 } })
  // Its head is here.
  await sectors.bring(id, NO_PARTS)
  const { id: whole } = await replica.createNamespace({ name: 'whole', write: 'anyone' })
  await sectors.bring(whole)
})

it('a relay that reaches no owner of a namespace does not say that there is none', async () => {
  const { sectors } = await alone(6)
  await expect(sectors.bring(cidText(DAG_CBOR, new Uint8Array(32).fill(9)))).rejects.toMatchObject({ code: 'busy' })
})

it('a namespace whose head says less of parts than one of before is looked for in all of them', async () => {
  let shrunk = ''
  const { replica, sectors } = await alone(6, async (early) => {
    shrunk = (await early.createNamespace({ name: 'shrunk', write: 'anyone' })).id
    await early.setMeta(`in-parts/${shrunk}`, Uint8Array.of(2))
  })
  expect(await replica.namespace(shrunk)).not.toHaveProperty('split')
  await expect(sectors.bring(shrunk)).rejects.toMatchObject({ code: 'busy' })
})

it('where relays keep everything again, one that has kept a part says so until it met the others', async () => {
  const { sectors, id, relays, view } = await alone(4)
  await expect(sectors.bring(id)).rejects.toMatchObject({ code: 'busy' })
  relays.pop()
  view.changed()
  expect(view.isPlaced).toBe(false)
  await expect(sectors.bring(id)).rejects.toMatchObject({ code: 'busy' })
})

it('relays have the parts that they own for good, each of them as often as there are copies', async () => {
  const { view, sectors, id } = await alone(6)
  const stays = Array.from({ length: 6 }, (_, n) => view.staysAt(`peer ${n}`, id))
  expect(sectors.ownedParts(id)).toEqual(stays[0])
  const held = stays.flatMap((parts) => (parts === undefined ? [] : [parts]))
  expect(held.reduce(joinedParts)).toEqual(ALL_PARTS)
  const bits = held.map((parts) => [...parts].map((byte) => byte.toString(2).padStart(8, '0')).join(''))
  for (let i = 0; i < 64; i++) expect(bits.filter((one) => one[i] === '1')).toHaveLength(3)
  // What both do not own does not come or go.
  for (const n of [1, 2, 3, 4, 5]) {
    const shared = sectors.partsWith(`peer ${n}`, id)
    const theirs = stays[n] ?? NO_PARTS
    expect(shared === undefined || areNoParts(shared.map((byte, i) => byte & ~(theirs[i] ?? 0)))).toBe(true)
  }
})
