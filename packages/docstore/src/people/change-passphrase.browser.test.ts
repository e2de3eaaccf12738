import { afterAll, describe, expect, it } from 'vitest'
import { seedOfWords, wordsOfSeed } from '@p2p-docstore/core/people/keys'
import { readStoreFiles } from '../../../core/src/testing/storage/opfs-files.ts'
import { changePassphrase, createDocstore } from '../index-web.ts'

const data = 'locked'
const OFF = { data, network: 'off' } as const
const SCRUBBED = 'scrubbed-key'

afterAll(async () => {
  const root = await navigator.storage.getDirectory()
  for (const name of [data, SCRUBBED]) await root.removeEntry(`docstore-${name}`, { recursive: true }).catch(() => undefined)
})

/** How many of the files in which a store of this browser lies hold these bytes, in use or not. */
async function filesWith(name: string, bytes: Uint8Array): Promise<number> {
  const latin1 = new TextDecoder('latin1')
  return (await readStoreFiles(name)).filter((file) => latin1.decode(file).includes(latin1.decode(bytes))).length
}

describe('the identity of a browser', () => {
  it('is locked with a passphrase, opens with that alone, and goes on being the same', async () => {
    const store = await createDocstore(OFF)
    const { identity } = store.info
    await changePassphrase(store, { next: 'one', cost: 14 })
    expect((await store.replica.getMeta('identity'))?.length).toBeGreaterThan(32)
    await expect(changePassphrase(store, { next: 'two' })).rejects.toMatchObject({ code: 'passphrase-needed' })
    await store.close()
    await expect(createDocstore(OFF)).rejects.toMatchObject({ code: 'passphrase-needed' })
    await expect(createDocstore({ ...OFF, passphrase: 'two' })).rejects.toMatchObject({ code: 'wrong-passphrase' })
    await using opened = await createDocstore({ ...OFF, passphrase: 'one' })
    expect(opened.info.identity).toBe(identity)
    await changePassphrase(opened, { current: 'one' })
    await opened.close()
    await using again = await createDocstore(OFF)
    expect(again.info.identity).toBe(identity)
  })

  it('leaves nothing of the key that it locked in the files of the browser', async () => {
    const store = await createDocstore({ data: SCRUBBED, network: 'off' })
    const seed = (await store.replica.getMeta('identity')) ?? new Uint8Array()
    expect(seed).toHaveLength(32)
    expect(await filesWith(SCRUBBED, seed)).toBeGreaterThan(0)
    await changePassphrase(store, { next: 'one', cost: 14 })
    await expect.poll(() => filesWith(SCRUBBED, seed)).toBe(0)
    await store.close()
    expect(await filesWith(SCRUBBED, seed)).toBe(0)
  })

  it('reads the recovery words that Node writes', () => {
    const words = `${'zoo '.repeat(23)}vote`
    expect(seedOfWords(words)).toEqual(new Uint8Array(32).fill(255))
    expect(wordsOfSeed(new Uint8Array(32)).join(' ')).toBe(`${'abandon '.repeat(23)}art`)
  })
})
