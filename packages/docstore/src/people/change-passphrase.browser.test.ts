import { afterAll, describe, expect, it } from 'vitest'
import { seedOfWords, wordsOfSeed } from '@p2p-docstore/core/people/keys'
import { changePassphrase, createDocstore } from '../index-web.ts'

const data = 'locked'
const OFF = { data, network: 'off' } as const

afterAll(async () => {
  const root = await navigator.storage.getDirectory()
  await root.removeEntry(`docstore-${data}`, { recursive: true }).catch(() => undefined)
})

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

  it('reads the recovery words that Node writes', () => {
    const words = `${'zoo '.repeat(23)}vote`
    expect(seedOfWords(words)).toEqual(new Uint8Array(32).fill(255))
    expect(wordsOfSeed(new Uint8Array(32)).join(' ')).toBe(`${'abandon '.repeat(23)}art`)
  })
})
