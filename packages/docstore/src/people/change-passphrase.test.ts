import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { base64url, createNetwork } from '@p2p-docstore/core'
import { openNodeStorage } from '@p2p-docstore/core/storage/node'
import { afterAll, describe, expect, it } from 'vitest'
import { createDocstore, formatJoinText, Invitations } from '../index-node.ts'
import type { PassphraseChange } from './change-lock.ts'
import { changePassphrase } from './change-passphrase-node.ts'

const root = mkdtempSync(join(tmpdir(), 'docstore-passphrase-'))
afterAll(() => rmSync(root, { recursive: true, force: true }))
let folders = 0

const OFF = { network: 'off' } as const
/** What is changed does not depend on the cost, and there are many changes. */
const changed = (data: string, change: PassphraseChange) => changePassphrase(data, { ...change, cost: 14 })

/** A folder with an identity, in as many networks. */
async function folder({ networks = 1 } = {}): Promise<{ data: string; identity: string; seed: Uint8Array }> {
  const data = join(root, String(folders++))
  const join_ = Array.from({ length: networks - 1 }, (_, index) => formatJoinText('http://127.0.0.1:1', createNetwork(`beside ${index}`)))
  {
    await using store = await createDocstore({ data, ...OFF, networkName: 'first' })
    await (await store.namespaces.create({ name: 'notes' })).put({ _id: 'a' })
  }
  if (networks > 1) await (await createDocstore({ data, ...OFF, join: join_ })).close()
  const storage = openNodeStorage(join(data, 'docstore.db'))
  const seed = (await storage.getMeta('identity')) ?? new Uint8Array()
  await storage.close()
  await using store = await createDocstore({ data, ...OFF })
  return { data, seed, identity: store.info.identity }
}

/** All files of a folder that hold a seed, as bytes or as the text that the identity file has. */
function filesWith(data: string, seed: Uint8Array): readonly string[] {
  return readdirSync(data, { recursive: true, encoding: 'utf8' }).filter((name) => {
    const path = join(data, name)
    if (!statSync(path).isFile()) return false
    const bytes = readFileSync(path)
    return bytes.includes(Buffer.from(seed)) || bytes.includes(base64url.encode(seed))
  })
}

async function identityIn(data: string, passphrase?: string): Promise<string> {
  await using store = await createDocstore({ data, ...OFF, ...(passphrase === undefined ? {} : { passphrase }) })
  return store.info.identity
}

describe('an identity with a passphrase', () => {
  it('opens with that alone, in every network, and leaves its seed in no file', async () => {
    const { data, identity, seed } = await folder({ networks: 2 })
    expect(filesWith(data, seed).length).toBeGreaterThanOrEqual(4)
    expect(await changed(data, { next: 'one' })).toMatchObject({ isLocked: true, networks: 2 })
    expect(filesWith(data, seed)).toEqual([])
    await expect(identityIn(data)).rejects.toMatchObject({ code: 'passphrase-needed' })
    await expect(identityIn(data, 'two')).rejects.toMatchObject({ code: 'wrong-passphrase' })
    await using store = await createDocstore({ data, ...OFF, passphrase: 'one' })
    expect(store.info.identity).toBe(identity)
    expect((await store.networks()).map(({ isOpen }) => isOpen)).toEqual([true, true])
    await (await store.namespaces.create({ name: 'more' })).put({ _id: 'b' })
    expect(filesWith(data, seed)).toEqual([])
  })

  it('is asked of the first program alone, and signs what the others need', async () => {
    const data = join(root, String(folders++))
    await (await createDocstore({ data, ...OFF, networkName: 'closed', admission: 'invite' })).close()
    await changed(data, { next: 'one' })
    await using owner = await createDocstore({ data, ...OFF, passphrase: 'one' })
    await using other = await createDocstore({ data, ...OFF })
    expect(other.info.identity).toBe(owner.info.identity)
    expect((await new Invitations(other).create({ label: 'Bob' })).label).toBe('Bob')
    await expect(changed(data, { current: 'one' })).rejects.toMatchObject({ code: 'data-in-use' })
  })

  it('changes and goes with the passphrase of before alone', async () => {
    const { data, identity, seed } = await folder()
    await changed(data, { next: 'one' })
    await expect(changed(data, {})).rejects.toMatchObject({ code: 'passphrase-needed' })
    await expect(changed(data, { current: 'wrong', next: 'two' })).rejects.toMatchObject({ code: 'wrong-passphrase' })
    await expect(changed(data, { current: 'one', next: '' })).rejects.toMatchObject({ code: 'bad-passphrase' })
    await changed(data, { current: 'one', next: 'two' })
    await expect(identityIn(data, 'one')).rejects.toMatchObject({ code: 'wrong-passphrase' })
    expect(await identityIn(data, 'two')).toBe(identity)
    expect(await changed(data, { current: 'two' })).toMatchObject({ isLocked: false })
    expect(await identityIn(data)).toBe(identity)
    expect(filesWith(data, seed).length).toBeGreaterThan(0)
  })

  it('of which a change ended after any step opens with one passphrase, and all of it follows', async () => {
    const { data, identity, seed } = await folder({ networks: 2 })
    const beside = join('networks', readdirSync(join(data, 'networks'))[0] ?? '')
    // What is written, in this order.
    const steps = ['docstore.db', 'identity.json', join(beside, 'docstore.db'), join(beside, 'identity.json')]
    const before = `${data}-before`
    for (const [from, to] of [
      [undefined, 'one'],
      ['one', 'two'],
    ] as const) {
      cpSync(data, before, { recursive: true })
      await changed(data, { current: from, next: to })
      for (let done = 1; done <= steps.length; done++) {
        const ended = `${data}-${to}-${done}`
        cpSync(before, ended, { recursive: true })
        for (const step of steps.slice(0, done)) cpSync(join(data, step), join(ended, step))
        if (done === 1) for (const wrong of [from, 'three']) await expect(identityIn(ended, wrong)).rejects.toThrow()
        await using store = await createDocstore({ data: ended, ...OFF, passphrase: to })
        expect(store.info.identity).toBe(identity)
        expect((await store.networks()).map(({ error }) => error)).toEqual([undefined, undefined])
        expect(filesWith(ended, seed)).toEqual([])
      }
      rmSync(before, { recursive: true })
    }
  })

  it('is not made where there is no data', async () => {
    const data = join(root, String(folders++))
    await expect(changed(data, { next: 'one' })).rejects.toMatchObject({ code: 'data-missing' })
    expect(existsSync(data)).toBe(false)
  })
})
