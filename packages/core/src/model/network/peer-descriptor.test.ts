import { describe, expect, it } from 'vitest'
import { identityFromSeed } from '../keys/identity.ts'
import { MAX_FUTURE_MS } from '../limits.ts'
import { createNetwork } from './network.ts'
import { type PeerDescriptor, signPeerDescriptor, verifyPeerDescriptor } from './peer-descriptor.ts'
import { sign } from '../keys/signed.ts'

const peer = identityFromSeed(new Uint8Array(32).fill(1))
const other = identityFromSeed(new Uint8Array(32).fill(2))
const network = createNetwork('test')
const NOW = 1_800_000_000_000
const fields: Omit<PeerDescriptor, 'v' | 't' | 'net' | 'by'> = {
  identity: null,
  addresses: ['/ip4/192.0.2.1/tcp/4001'],
  origin: 'https://relay.example',
  services: ['relay'],
  limits: { places: 2000 },
  links: [{ peer: other.author, via: 'tcp' }],
  since: NOW - 1000,
  at: NOW,
  expires: NOW + 60_000,
}
const verify = (change: Partial<typeof fields>) =>
  verifyPeerDescriptor(signPeerDescriptor(network.cid, { ...fields, ...change }, peer), network.cid, NOW)

describe('the descriptor of a peer', () => {
  it('is read as it was written', async () => {
    expect(await verify({})).toMatchObject({ ok: true, value: { value: { ...fields, by: peer.author } } })
  })

  it.each<[string, Partial<typeof fields>, string]>([
    ['is over', { at: NOW - 2000, expires: NOW }, 'expired'],
    ['lies ahead of us', { at: NOW + MAX_FUTURE_MS + 1, expires: NOW + MAX_FUTURE_MS + 1000 }, 'future'],
    ['would hold for a month', { expires: NOW + 30 * 24 * 60 * 60_000 }, 'malformed'],
    ['ends before it begins', { expires: NOW - 1 }, 'malformed'],
    ['has too many addresses', { addresses: Array.from({ length: 17 }, () => '/ip4/192.0.2.1/tcp/1') }, 'malformed'],
    ['has an endless address', { addresses: ['/'.repeat(257)] }, 'malformed'],
    ['has an origin that is more than one', { origin: 'https://relay.example/&invite=u' }, 'malformed'],
    ['has an origin of another kind', { origin: 'ftp://relay.example' }, 'malformed'],
    ['has a service that is no word', { services: ['Relay!'] }, 'malformed'],
    ['has a limit that is no number', { limits: { places: -1 } }, 'malformed'],
    ['has too many links', { links: Array.from({ length: 49 }, () => ({ peer: other.author, via: 'tcp' as const })) }, 'malformed'],
    ['has a link of no known kind', { links: [{ peer: other.author, via: 'smoke' as 'tcp' }] }, 'malformed'],
  ])('is refused by name where it %s', async (_, change, reason) => {
    expect(await verify(change)).toEqual({ ok: false, reason })
  })

  it("is refused for another's peer, in another network, and with a changed signature", async () => {
    const forged = sign({ v: 1, t: 'peer', net: network.cid, by: peer.author, ...fields }, other)
    expect(await verifyPeerDescriptor(forged, network.cid, NOW)).toEqual({ ok: false, reason: 'bad-signature' })
    const signed = signPeerDescriptor(network.cid, fields, peer)
    expect(await verifyPeerDescriptor(signed, createNetwork('other').cid, NOW)).toEqual({ ok: false, reason: 'wrong-network' })
    const changed = { ...signed, signature: signed.signature.with(3, (signed.signature[3] ?? 0) ^ 1) }
    expect(await verifyPeerDescriptor(changed, network.cid, NOW)).toEqual({ ok: false, reason: 'bad-signature' })
  })
})
