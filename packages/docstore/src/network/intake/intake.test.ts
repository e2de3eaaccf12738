import type { Connection } from '@libp2p/interface'
import { multiaddr } from '@multiformats/multiaddr'
import { encodeBatch, type Intake, openReplica, type Replica, type Written } from '@p2p-docstore/core'
import { openNodeStorage } from '@p2p-docstore/core/storage/node'
import { describe, expect, it } from 'vitest'
import type { RelayLimits } from '../relay-limits.ts'
import { RelayIntake } from './intake.ts'

const signal = AbortSignal.abort()
const EMPTY = encodeBatch({ seals: [], records: [] })

/** An intake with a clock of its own, and what it takes to come from somewhere. */
function relay(limits: RelayLimits, usage: readonly Written[] = []) {
  let now = 0
  const errors: unknown[] = []
  const intake = new RelayIntake({
    replica: { usage: async () => usage, namespaces: async () => [] },
    ownerOf: (genesis) => genesis,
    limits,
    now: () => now,
    onError: (error) => errors.push(error),
  })
  const from = (peer: string, address = '/ip4/203.0.113.7/tcp/1'): Intake =>
    intake.of({ remotePeer: { toString: () => peer }, remoteAddr: multiaddr(address) } as unknown as Connection)
  return { intake, from, errors, pass: (ms: number) => (now += ms) }
}

/** A batch of documents that somebody signed, and who that is. */
async function written(
  count: number,
): Promise<{ readonly ns: string; readonly batch: Uint8Array; readonly by: Uint8Array; readonly replica: Replica }> {
  const replica = await openReplica(openNodeStorage(':memory:'))
  const { id } = await replica.createNamespace({ name: 'notes', write: 'anyone' })
  await replica.write(
    id,
    'docs',
    Array.from({ length: count }, (_, i) => ({ id: `d${i}`, content: `{"_id":"d${i}"}` })),
  )
  await replica.write(id, 'docs', [{ id: 'd0', content: null }])
  const { batch } = await replica.batchSince(id, 0, { maxBytes: 100_000 })
  if (batch === undefined) throw new Error('there is no batch')
  const { decodeBatch } = await import('@p2p-docstore/core')
  const decoded = decodeBatch(batch)
  const by = decoded.ok ? decoded.value.seals[0]?.by : undefined
  if (by === undefined) throw new Error('nobody signed')
  return { ns: id, batch, by, replica }
}

const wrote = (by: Uint8Array, records: number, bytes = 0): readonly Written[] => [{ by, records, bytes }]
const ALICE = new Uint8Array(34).fill(1)
const BOB = new Uint8Array(34).fill(2)

describe('what a relay takes from one peer', () => {
  it('is as many records as it may write at once, then waits, and is refused with the time when to try again where that is long', async () => {
    const { from, pass, intake } = relay({ writesPerSecond: 10, writesAtOnce: 100 })
    const [busy, other] = [from('busy'), from('other', '/ip4/203.0.113.8/tcp/1')]
    busy.stored(wrote(ALICE, 99))
    expect((await busy.batch('ns', EMPTY, signal)).size).toBe(0)
    busy.stored(wrote(ALICE, 101))
    await expect(busy.batch('ns', EMPTY, signal)).rejects.toMatchObject({
      code: 'too-fast',
      details: { limit: 'writesPerSecond', retryMs: 10_100 },
    })
    expect((await other.batch('ns', EMPTY, signal)).size).toBe(0)
    pass(6000)
    // Waits for what is left, which ends at once here.
    expect((await busy.batch('ns', EMPTY, signal)).size).toBe(0)
    pass(20_000)
    busy.stored(wrote(ALICE, 50))
    expect((await busy.batch('ns', EMPTY, signal)).size).toBe(0)
    expect(intake.counts.get('writes')).toBe(2)
  })

  it('from one address is eight times as much, whoever comes from there; behind a proxy on this machine it does not count', async () => {
    const { from } = relay({ writesPerSecond: 1, writesAtOnce: 10 })
    for (let i = 0; i < 20; i++) from(`peer ${i}`).stored(wrote(new Uint8Array(34).fill(i), 10))
    await expect(from('newcomer').batch('ns', EMPTY, signal)).rejects.toMatchObject({ code: 'too-fast' })
    expect((await from('elsewhere', '/ip4/203.0.113.9/tcp/1').batch('ns', EMPTY, signal)).size).toBe(0)
    for (let i = 0; i < 20; i++) from(`local ${i}`, '/ip4/127.0.0.1/tcp/1').stored(wrote(new Uint8Array(34).fill(50 + i), 10))
    expect((await from('local newcomer', '/ip4/127.0.0.1/tcp/1').batch('ns', EMPTY, signal)).size).toBe(0)
  })

  it('goes by who signed too: another peer does not help somebody who writes too fast', async () => {
    const { batch, by, ns, replica } = await written(3)
    const { from, pass } = relay({ writesPerSecond: 10, writesAtOnce: 100 })
    from('one').stored(wrote(by, 200))
    await expect(from('two', '/ip4/203.0.113.8/tcp/1').batch(ns, batch, signal)).rejects.toMatchObject({ code: 'too-fast' })
    pass(60_000)
    expect((await from('two', '/ip4/203.0.113.8/tcp/1').batch(ns, batch, signal)).size).toBe(0)
    await replica.close()
  })

  it('is brought in fewer requests where it is much: answers wait, after the work', async () => {
    const { from, intake, pass } = relay({ requestsPerSecond: 10 })
    const peer = from('a')
    const waits = async (kind: 'read' | 'write', count: number): Promise<number> => {
      const before = intake.counts.get('requests') ?? 0
      for (let i = 0; i < count; i++) expect(await peer.during(kind, signal, async () => i)).toBe(i)
      return (intake.counts.get('requests') ?? 0) - before
    }
    expect(await waits('read', 100)).toBe(0)
    expect(await waits('write', 19)).toBe(0)
    expect(await waits('write', 3)).toBe(3)
    pass(2000)
    expect(await waits('write', 10)).toBe(0)
  })

  it('is no request more at once of one address than there are places, and none where too many wait', async () => {
    const { from, intake } = relay({ requestsPerAddress: 1 })
    const peer = from('a')
    const held = Promise.withResolvers<string>()
    const first = peer.during('read', signal, () => held.promise)
    const waiting = Array.from({ length: 8 }, (_, i) => peer.during('read', signal, async () => i))
    await expect(from('b').during('read', signal, async () => 0)).rejects.toMatchObject({ code: 'too-many-requests', details: { retryMs: 1000 } })
    held.resolve('done')
    expect(await Promise.all([first, ...waiting])).toEqual(['done', 0, 1, 2, 3, 4, 5, 6, 7])
    expect(intake.counts.get('requestsPerAddress')).toBe(1)
  })
})

describe('what a relay takes of one identity', () => {
  it('is so many namespaces, over all peers, and of one peer so many within an hour', async () => {
    const { from, pass } = relay({ namespacesPerIdentity: 2 })
    await from('a').namespace(ALICE)
    await from('b', '/ip4/203.0.113.8/tcp/1').namespace(ALICE)
    await expect(from('c').namespace(ALICE)).rejects.toMatchObject({ code: 'too-many-namespaces', details: { limit: 'namespacesPerIdentity' } })
    await from('a').namespace(BOB)
    await expect(from('a').namespace(new Uint8Array(34).fill(3))).rejects.toMatchObject({ details: { limit: 'namespacesPerHour' } })
    pass(3_600_000)
    await from('a').namespace(new Uint8Array(34).fill(3))
  })

  it('is so many bytes, counted when it starts; above that only deletes are taken', async () => {
    const { batch, by, ns, replica } = await written(3)
    const full = relay({ bytesPerIdentity: 1000 }, [{ by, records: 1, bytes: 990 }])
    expect((await full.from('a').batch(ns, batch, signal)).size).toBe(0)
    full.from('a').stored(wrote(by, 1, 11))
    await expect.poll(async () => [...(await full.from('a').batch(ns, batch, signal)).values()]).toEqual(['quota', 'quota'])
    expect(full.intake.counts.get('bytes')).toBeGreaterThan(0)
    await replica.close()
  })

  it('is nothing where it is denied, or others are allowed; who is trusted has no limits', async () => {
    const { batch, by, ns, replica } = await written(2)
    const { identity, person } = await replica.info()
    const who = person ?? identity
    const refusedBy = async (limits: RelayLimits): Promise<readonly unknown[]> => [
      ...(await relay(limits).from('a').batch(ns, batch, signal)).values(),
    ]
    expect(await refusedBy({ deny: [who] })).toEqual(['not-allowed', 'not-allowed'])
    expect(await refusedBy({ allow: ['did:key:z6Mksomebody'] })).toEqual(['not-allowed', 'not-allowed'])
    expect(await refusedBy({ allow: [who] })).toEqual([])
    await expect(
      relay({ deny: ['a'] })
        .from('a')
        .during('write', signal, async () => 1),
    ).rejects.toMatchObject({ code: 'denied' })
    await expect(
      relay({ deny: ['203.0.113.7'] })
        .from('b')
        .during('write', signal, async () => 1),
    ).rejects.toMatchObject({ code: 'denied' })
    await expect(
      relay({ allow: ['a'] })
        .from('b')
        .namespace(ALICE),
    ).rejects.toMatchObject({ code: 'denied' })
    const trusting = relay({ trust: ['a'], writesPerSecond: 1, writesAtOnce: 1 })
    trusting.from('a').stored(wrote(by, 1000))
    expect((await trusting.from('a').batch(ns, batch, signal)).size).toBe(0)
    await replica.close()
  })
})

describe('a policy', () => {
  it('is asked about each record, with who brings it, and what it refuses is not stored', async () => {
    const { batch, ns, replica } = await written(2)
    const asked: unknown[] = []
    const policy = async (offered: {
      readonly peer: string
      readonly namespace: string
      readonly writes: readonly { readonly id?: string; readonly isDelete: boolean; readonly content?: string }[]
    }) => {
      asked.push([offered.peer, offered.namespace, offered.writes.map(({ id, isDelete, content }) => [id, isDelete, content])])
      return offered.writes.flatMap(({ isDelete }, i) => (isDelete ? [] : [i]))
    }
    const { from, intake } = relay({ policy: { policy, timeoutMs: 1000, onFailure: 'closed', onError: () => undefined } })
    const refused = await from('a').batch(ns, batch, signal)
    expect(asked).toEqual([
      [
        'a',
        ns,
        [
          ['d1', false, '{"_id":"d1"}'],
          [undefined, true, undefined],
        ],
      ],
    ])
    expect([...refused]).toEqual([[0, 'not-allowed']])
    expect(intake.counts.get('policy')).toBe(1)
    const target = await openReplica(openNodeStorage(':memory:'), { network: (await replica.info()).network.descriptor })
    const offer = await replica.exportNamespace(ns)
    if (offer === undefined) throw new Error('the namespace is gone')
    await target.importNamespace(offer.genesis, offer.head, offer.signature)
    expect(await target.accept(ns, batch, refused)).toMatchObject({ results: ['not-allowed', 'stored'] })
    expect(await target.get(ns, 'docs', 'd1')).toBeUndefined()
    await Promise.all([replica.close(), target.close()])
  })

  it('that fails, or takes too long, lets nothing in, or all, as was chosen', async () => {
    const { batch, ns, replica } = await written(1)
    const slow = (_offered: unknown, late: AbortSignal) => new Promise<'all'>((resolve) => late.addEventListener('abort', () => resolve('all')))
    const broken = async (): Promise<readonly number[]> => Promise.reject(new Error('no'))
    for (const policy of [slow, broken, async () => 'nonsense' as 'all']) {
      const errors: unknown[] = []
      const init = { policy, timeoutMs: 20, onError: (error: unknown) => errors.push(error) }
      await expect(
        relay({ policy: { ...init, onFailure: 'closed' } })
          .from('a')
          .batch(ns, batch, signal),
      ).rejects.toMatchObject({
        code: 'policy-failed',
        details: { retryMs: 5000 },
      })
      expect(
        (
          await relay({ policy: { ...init, onFailure: 'open' } })
            .from('a')
            .batch(ns, batch, signal)
        ).size,
      ).toBe(0)
      expect(errors).toHaveLength(2)
    }
    await replica.close()
  })
})
