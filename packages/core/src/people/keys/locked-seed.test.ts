import { describe, expect, it } from 'vitest'
import { utf8 } from '../../model/bytes.ts'
import { decodeCbor, encodeCbor } from '../../model/encoding/cbor.ts'
import { identityFromSeed } from '../../model/keys/identity.ts'
import { decodeLockedSeed, lockSeed, unlockSeed } from './locked-seed.ts'
import { scrypt as nodeScrypt } from './scrypt-node.ts'
import { scrypt as webScrypt } from './scrypt-web.ts'

const SEED = Uint8Array.from({ length: 32 }, (_, index) => index)
/** The cheapest that is read: what these tests ask does not depend on it. */
const CHEAP = { cost: 14 }

function fieldsOf(bytes: Uint8Array): Record<string, unknown> {
  const decoded = decodeCbor(bytes, 1000)
  if (!decoded.ok) throw new Error(decoded.reason)
  return decoded.value as Record<string, unknown>
}

describe('a locked seed', () => {
  it('opens with its passphrase, at the full cost', async () => {
    const locked = await lockSeed(SEED, 'correct horse')
    expect(fieldsOf(locked)['cost']).toBe(17)
    expect(await unlockSeed(locked, 'correct horse')).toEqual(SEED)
  })

  it('tells whose it is, and is another one each time', async () => {
    const [one, other] = await Promise.all([lockSeed(SEED, 'a', CHEAP), lockSeed(SEED, 'a', CHEAP)])
    expect(one).not.toEqual(other)
    const read = decodeLockedSeed(one)
    expect(read.ok && read.value.key).toEqual(identityFromSeed(SEED).author)
    expect(Buffer.from(one).includes(Buffer.from(SEED))).toBe(false)
  })

  it('refuses every other passphrase with wrong-passphrase', async () => {
    const locked = await lockSeed(SEED, 'Zürich', CHEAP)
    for (const wrong of ['zürich', 'Zurich', 'Zürich ']) await expect(unlockSeed(locked, wrong)).rejects.toMatchObject({ code: 'wrong-passphrase' })
    // The same letters from another keyboard.
    expect(await unlockSeed(locked, 'Zürich'.normalize('NFD'))).toEqual(SEED)
    for (const cost of [13, 19, 14.5]) await expect(lockSeed(SEED, 'a', { cost })).rejects.toMatchObject({ code: 'bad-limit' })
    for (const use of [unlockSeed(locked, ''), lockSeed(SEED, '')]) await expect(use).rejects.toMatchObject({ code: 'bad-passphrase' })
  })

  it('stays locked when any field was changed', async () => {
    const fields = fieldsOf(await lockSeed(SEED, 'a', CHEAP))
    const other = identityFromSeed(new Uint8Array(32)).author
    const changes = [{ key: other }, { cost: 15 }, { salt: new Uint8Array(16) }, { nonce: new Uint8Array(24) }, { sealed: new Uint8Array(48) }]
    for (const change of changes)
      await expect(unlockSeed(encodeCbor({ ...fields, ...change }), 'a')).rejects.toMatchObject({ code: 'wrong-passphrase' })
  })

  it('is refused before any work where its form is not ours', async () => {
    const fields = fieldsOf(await lockSeed(SEED, 'a', CHEAP))
    const refused = [
      [{ cost: 40 }, 'unsupported'],
      [{ cost: 1 }, 'unsupported'],
      [{ v: 2 }, 'unsupported'],
      [{ salt: new Uint8Array(8) }, 'malformed'],
      [{ sealed: new Uint8Array(47) }, 'malformed'],
      [{ more: 1 }, 'malformed'],
      [{ key: new Uint8Array(34) }, 'bad-key'],
      [{ sealed: new Uint8Array(1000) }, 'too-large'],
    ] as const
    for (const [change, reason] of refused) expect(decodeLockedSeed(encodeCbor({ ...fields, ...change }))).toEqual({ ok: false, reason })
    await expect(unlockSeed(SEED, 'a')).rejects.toMatchObject({ code: 'data-corrupt' })
  })

  it('has the same key in browsers and in Node (RFC 7914, §12)', async () => {
    const cost = { N: 1024, r: 8, p: 16, dkLen: 64 }
    const [node, web] = await Promise.all([nodeScrypt, webScrypt].map((scrypt) => scrypt(utf8('password'), utf8('NaCl'), cost)))
    expect(Buffer.from(node ?? []).toString('hex')).toMatch(/^fdbabe1c9d3472007856e7190d01e9fe7c6ad7cbc8237830e77376634b373162/)
    expect(web).toEqual(node)
  })
})
