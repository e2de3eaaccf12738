import { beforeAll, describe, expect, it } from 'vitest'
import { encodeCbor } from '../encoding/cbor.ts'
import { identityFromSeed } from '../keys/identity.ts'
import { createCertificate, createRevocation, createVoucher, verifyCertificate, verifyRevocation, verifyVoucher } from './membership.ts'
import { createNetwork, decodeNetwork } from './network.ts'
import { packSigned, type Signed, sign, unpackSigned } from '../keys/signed.ts'

const authority = identityFromSeed(new Uint8Array(32).fill(1))
const guest = identityFromSeed(new Uint8Array(32).fill(2))
const network = createNetwork('club', { admission: 'invite', authorities: [authority.author] })
const fields = { key: guest.author, label: 'Ada', at: 1, expires: 2 }

function changed({ bytes, signature }: Signed): Signed {
  return { bytes, signature: signature.with(0, (signature[0] ?? 0) ^ 1) }
}

describe('an invite-only network', () => {
  it('needs an authority, or nobody could come in', () => {
    expect(() => createNetwork('club', { admission: 'invite' })).toThrow(TypeError)
    expect(decodeNetwork(network.bytes)).toMatchObject({ ok: true, value: { descriptor: { admission: 'invite' } } })
  })
})

describe('a certificate', () => {
  let certificate: Signed
  beforeAll(() => {
    certificate = createCertificate(network.cid, fields, authority)
  })

  it('is read as it was written', async () => {
    expect(await verifyCertificate(certificate, network)).toMatchObject({ ok: true, value: { value: fields } })
    const unpacked = unpackSigned(packSigned(certificate), 1024)
    expect(unpacked.ok && (await verifyCertificate(unpacked.value, network)).ok).toBe(true)
  })

  it.each<[string, () => Signed, string]>([
    ['with a changed signature', () => changed(certificate), 'bad-signature'],
    ['by somebody who is no authority', () => createCertificate(network.cid, fields, guest), 'not-allowed'],
    ['of another network', () => createCertificate(createNetwork('other').cid, fields, authority), 'wrong-network'],
    ['that is a voucher', () => createVoucher(network.cid, 'peer', authority), 'malformed'],
    ['for a key that is none', () => createCertificate(network.cid, { ...fields, key: new Uint8Array(34) }, authority), 'bad-key'],
    ['of a later version', () => sign({ v: 2, t: 'member' }, authority), 'unsupported'],
    ['that is too large', () => ({ ...certificate, bytes: encodeCbor('x'.repeat(2000)) }), 'too-large'],
  ])('%s is refused by name', async (_, make, reason) => {
    expect(await verifyCertificate(make(), network)).toEqual({ ok: false, reason })
  })
})

describe('a revocation', () => {
  it('counts where an authority signed it', async () => {
    const hash = new Uint8Array(32).fill(7)
    expect(await verifyRevocation(createRevocation(network.cid, hash, 5, authority), network)).toMatchObject({
      ok: true,
      value: { value: { certificate: hash } },
    })
    expect(await verifyRevocation(createRevocation(network.cid, hash, 5, guest), network)).toEqual({ ok: false, reason: 'not-allowed' })
  })
})

describe('a voucher', () => {
  it('says who runs a peer, and only its signer can', async () => {
    const voucher = createVoucher(network.cid, '12D3KooW', guest)
    expect(await verifyVoucher(voucher, network)).toMatchObject({ ok: true, value: { value: { peer: '12D3KooW', by: guest.author } } })
    expect(await verifyVoucher(changed(voucher), network)).toEqual({ ok: false, reason: 'bad-signature' })
  })
})

describe('packed structures', () => {
  it.each([
    ['nothing', new Uint8Array(), 'malformed'],
    ['a short signature', encodeCbor([new Uint8Array(4), new Uint8Array(63)]), 'malformed'],
    ['a third part', encodeCbor([new Uint8Array(4), new Uint8Array(64), 1]), 'malformed'],
    ['too much', new Uint8Array(4096), 'too-large'],
  ])('%s is refused', (_, bytes, reason) => {
    expect(unpackSigned(bytes, 1024)).toEqual({ ok: false, reason })
  })
})
