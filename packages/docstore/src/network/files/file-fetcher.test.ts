import { CHUNK_BYTES, DocstoreError, openReplica, type Replica } from '@p2p-docstore/core'
import { openNodeStorage } from '@p2p-docstore/core/storage/node'
import { afterEach, describe, expect, it } from 'vitest'
import { createDocstore, type Docstore } from '../../index-node.ts'
import { Bell } from './bell.ts'
import { type BlockSource, FileFetcher } from './file-fetcher.ts'

const PIECES = 200
const SIZE = PIECES * CHUNK_BYTES
/** The file, its root and two nodes. */
const BLOCKS = PIECES + 3

const closing: (() => Promise<void>)[] = []
afterEach(async () => {
  for (const close of closing.splice(0)) await close()
})

interface Scene {
  /** Who has the file. */
  readonly holder: Replica
  readonly cid: string
  /** Who wants it. */
  readonly replica: Replica
  readonly ns: string
  readonly misdeeds: string[]
  readonly fetch: (sources: readonly BlockSource[], signal?: AbortSignal) => Promise<void>
}

/** A file that one has and another one has a document of. */
async function scene({ size = SIZE, maxBytes }: { size?: number; maxBytes?: number } = {}): Promise<Scene> {
  const store: Docstore = await createDocstore({ network: 'off' })
  closing.push(() => store.close())
  const album = await store.namespaces.create({ name: 'album' })
  const { cid } = await album.putFile(pieces())
  const replica = await openReplica(openNodeStorage(':memory:', maxBytes === undefined ? {} : { maxBytes }))
  closing.push(() => replica.close())
  const { id: ns } = await replica.createNamespace({ name: 'copy', write: 'owner' })
  await replica.write(ns, 'files', [{ id: cid, content: `{"_id":"${cid}","size":${size}}` }])
  const misdeeds: string[] = []
  const fetch = (sources: readonly BlockSource[], signal = new AbortController().signal): Promise<void> => {
    const misconduct = { note: (peer: string, misdeed: string) => misdeeds.push(`${peer} ${misdeed}`) }
    const fetcher = new FileFetcher({ replica, misconduct, came: new Bell(), patienceMs: 50, sources: () => sources })
    return fetcher.fetch({ ns, cid, from: 0, to: SIZE }, { signal })
  }
  return { holder: store.replica, cid, replica, ns, misdeeds, fetch }
}

function* pieces(): Generator<Uint8Array> {
  for (let i = 0; i < PIECES; i++) yield new Uint8Array(CHUNK_BYTES).fill(i)
}

/** One who answers as a function says, with the bytes of the holder at hand. */
function source(
  peer: string,
  holder: Replica,
  answer: (bytes: Uint8Array | undefined, asked: number) => Uint8Array | undefined,
): BlockSource & { asked: number } {
  const made = {
    peer,
    asked: 0,
    block: async (cid: string) => answer(await holder.block(cid), ++made.asked),
  }
  return made
}

describe('fetching a file', () => {
  it('asks for each block once, and shares the work among those who have it', async () => {
    const { holder, replica, ns, cid, misdeeds, fetch } = await scene()
    const sources = ['a', 'b'].map((peer) => source(peer, holder, (bytes) => bytes))
    await fetch(sources)
    expect(await replica.file(ns, cid)).toMatchObject({ state: 'whole' })
    const asked = sources.map((one) => one.asked)
    expect(asked.reduce((sum, count) => sum + count)).toBe(BLOCKS)
    expect(Math.min(...asked)).toBeGreaterThan(BLOCKS / 3)
    expect(misdeeds).toEqual([])
  })

  it('goes on where it was left', async () => {
    const { holder, replica, ns, cid, fetch } = await scene()
    const flaky = source('a', holder, (bytes, asked) => {
      if (asked > 100) throw new DocstoreError('connection-lost', 'planned')
      return bytes
    })
    await expect(fetch([flaky])).rejects.toMatchObject({ code: 'file-unavailable', details: { asked: ['a'] } })
    const other = source('b', holder, (bytes) => bytes)
    await fetch([other])
    expect(other.asked).toBe(BLOCKS - 100)
    expect(await replica.file(ns, cid)).toMatchObject({ state: 'whole' })
  })

  it('takes nothing from who sends other bytes, notes it, and takes it from others', async () => {
    const { holder, replica, ns, cid, misdeeds, fetch } = await scene()
    const liar = source('liar', holder, (bytes) => bytes?.map((byte) => byte ^ 1))
    const honest = source('honest', holder, (bytes) => bytes)
    await fetch([liar, honest])
    expect(await replica.file(ns, cid)).toMatchObject({ state: 'whole' })
    expect(new Set(misdeeds)).toEqual(new Set(['liar forged-block']))
    // It is found out at the root.
    expect(liar.asked).toBeLessThanOrEqual(1)
    expect(honest.asked).toBe(BLOCKS)
  })

  it('takes each block from who has it, where nobody has all', async () => {
    const { holder, replica, ns, cid, fetch } = await scene()
    const part = (peer: string, rest: number) =>
      source(peer, holder, (bytes) => (bytes !== undefined && (bytes[5] ?? 0) % 2 === rest ? bytes : undefined))
    await fetch([part('even', 0), part('odd', 1)])
    expect(await replica.file(ns, cid)).toMatchObject({ state: 'whole' })
  })

  it('names those who were asked, where nobody has it', async () => {
    const { holder, fetch } = await scene()
    const none = ['a', 'b'].map((peer) => source(peer, holder, () => undefined))
    await expect(fetch(none)).rejects.toMatchObject({ code: 'file-unavailable', details: { asked: ['a', 'b'] } })
    await expect(fetch([])).rejects.toMatchObject({ code: 'file-unavailable', details: { asked: [] } })
  })

  it('ends at the first node where the document lies about the size, and blames nobody', async () => {
    const { holder, misdeeds, fetch } = await scene({ size: SIZE + 1 })
    const honest = source('honest', holder, (bytes) => bytes)
    await expect(fetch([honest])).rejects.toMatchObject({ code: 'bad-file' })
    expect(honest.asked).toBe(1)
    expect(misdeeds).toEqual([])
  })

  it('ends where the document is deleted, the store is full, or nobody waits any more', async () => {
    const deleted = await scene()
    const deleting = source('a', deleted.holder, (bytes, asked) => {
      if (asked === 50) void deleted.replica.write(deleted.ns, 'files', [{ id: deleted.cid, content: null }])
      return bytes
    })
    await expect(deleted.fetch([deleting])).rejects.toMatchObject({ code: 'not-found' })
    const full = await scene({ maxBytes: 8 * 1024 * 1024 })
    await expect(full.fetch([source('a', full.holder, (bytes) => bytes)])).rejects.toMatchObject({ code: 'disk-full' })
    const left = await scene()
    const controller = new AbortController()
    const leaving = source('a', left.holder, (bytes, asked) => {
      if (asked === 50) controller.abort(new Error('enough'))
      return bytes
    })
    await expect(left.fetch([leaving], controller.signal)).rejects.toThrow('enough')
  })
})
