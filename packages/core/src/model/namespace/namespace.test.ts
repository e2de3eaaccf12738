import { describe, expect, it } from 'vitest'
import { identityFromSeed } from '../keys/identity.ts'
import { createGenesis, decodeHead, headWins, type SignedHead, signHead } from './namespace.ts'
import { createNetwork } from '../network/network.ts'
import { fc } from '../../testing/fast-check.ts'

const alice = identityFromSeed(new Uint8Array(32).fill(1))
const net = createNetwork('Test', { nonce: new Uint8Array(16) }).cid
const genesis = createGenesis({ net, owner: alice, write: 'owner' })

describe('headWins', () => {
  const small = fc.nat(2)
  const head = fc.tuple(small, small, fc.uint8Array({ minLength: 32, maxLength: 32 }), fc.nat(1)).map(
    ([epoch, seq, hash, first]): SignedHead => ({
      head: { v: 1, t: 'head', net, ns: genesis.cid, epoch, seq, prev: null, at: 0, body: { title: 'x' }, rot: [], by: alice.author },
      bytes: new Uint8Array(),
      hash: hash.fill(first, 0, 31).map((byte, i) => (i === 31 ? byte & 1 : byte)),
      signature: new Uint8Array(64),
    }),
  )

  it('is a strict total order', () => {
    fc.assert(
      fc.property(head, head, head, (a, b, c) => {
        expect(headWins(a, a)).toBe(false)
        const same = a.head.epoch === b.head.epoch && a.head.seq === b.head.seq && a.hash.join() === b.hash.join()
        expect(Number(headWins(a, b)) + Number(headWins(b, a))).toBe(same ? 0 : 1)
        if (headWins(a, b) && headWins(b, c)) expect(headWins(a, c)).toBe(true)
      }),
      { numRuns: 2000 },
    )
  })

  it('puts the epoch before the sequence number, and both before the hash', () => {
    const fields = { net, ns: genesis.cid, prev: null, at: 0, body: { title: 'x' }, v: 1, t: 'head', rot: [], by: alice.author } as const
    const of = (epoch: number, seq: number, byte: number): SignedHead => ({
      head: { ...fields, epoch, seq },
      bytes: new Uint8Array(),
      hash: Uint8Array.of(byte),
      signature: new Uint8Array(64),
    })
    expect(headWins(of(1, 0, 9), of(0, 9, 0))).toBe(true)
    expect(headWins(of(0, 1, 9), of(0, 0, 0))).toBe(true)
    expect(headWins(of(0, 0, 1), of(0, 0, 2))).toBe(true)
  })
})

describe('a head', () => {
  it('has unique fields only where the owner alone writes', async () => {
    for (const write of ['owner', 'author', 'anyone'] as const) {
      const own = createGenesis({ net, owner: alice, write })
      const body = { title: 'x', collections: { people: { unique: ['email'] } } }
      const { bytes, signature } = signHead({ net, ns: own.cid, epoch: 0, seq: 0, prev: null, at: 0, body }, alice)
      expect(await decodeHead(bytes, signature, own)).toMatchObject(write === 'owner' ? { ok: true } : { ok: false, reason: 'unsupported' })
    }
  })
})

describe('createGenesis', () => {
  it('gives a profile the same id every time, and other namespaces never', () => {
    const profile = () => createGenesis({ net, owner: alice, write: 'owner', kind: 'profile', nonce: null }).cid.toString()
    expect(profile()).toBe(profile())
    expect(createGenesis({ net, owner: alice, write: 'owner' }).cid).not.toEqual(genesis.cid)
  })

  it('throws for what peers would refuse', () => {
    expect(() => createGenesis({ net, owner: alice, write: 'owner', kind: 'Not a kind' })).toThrow(TypeError)
    expect(() => createGenesis({ net, owner: alice, write: 'owner', nonce: new Uint8Array(3) })).toThrow(TypeError)
  })
})
