// Writes the vectors of what peers show each other: node --conditions=@p2p-docstore/source vectors/generate-network.ts
import { createHash } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { base32 } from '../packages/core/src/index.ts'
import { concatBytes, toHex, utf8 } from '../packages/core/src/model/bytes.ts'
import { encodeCbor } from '../packages/core/src/model/encoding/cbor.ts'
import { type Identity, identityFromSeed } from '../packages/core/src/model/keys/identity.ts'
import { type Certificate, createCertificate, createRevocation, createVoucher } from '../packages/core/src/model/network/membership.ts'
import { createNetwork } from '../packages/core/src/model/network/network.ts'
import { type PeerDescriptor, signPeerDescriptor } from '../packages/core/src/model/network/peer-descriptor.ts'
import { packSigned, type Signed } from '../packages/core/src/model/keys/signed.ts'
import { partsOfRange } from '../packages/core/src/sets/part-spans.ts'
import { encodeRequest, encodeResponse, type Request, type Response } from '../packages/core/src/sync/messages.ts'
import { encodeHello } from '../packages/docstore/src/network/admission/hello.ts'
import { encodeInvitation } from '../packages/docstore/src/network/admission/invitation.ts'
import { formatJoinLink, formatJoinText } from '../packages/docstore/src/network/admission/join-link.ts'
import { peerIdOfKey } from '../packages/docstore/src/network/directory/entry.ts'
import { encodeMessage } from '../packages/docstore/src/network/directory/messages.ts'
import { MAX_ASKED, MAX_NAMES_OF_PERSON, MAX_STATEMENTS } from '../packages/docstore/src/network/names/limits.ts'
import { encodeNames } from '../packages/docstore/src/network/names/messages.ts'
import { encodeContent } from '../packages/docstore/src/network/content/messages.ts'
import { encodeFind, findHash } from '../packages/docstore/src/network/people/messages.ts'
import { MAX_LISTED, MAX_PROVED } from '../packages/docstore/src/network/placement/limits.ts'
import { encodeStatusMessage, SALT_BYTES } from '../packages/docstore/src/network/placement/messages.ts'
import { encodeProfiles } from '../packages/docstore/src/network/profiles/messages.ts'
import { presenceFile } from './generate-presence.ts'
import { type VectorFile, vectorText } from './vector-file.ts'

const sha256 = (...parts: readonly Uint8Array[]): Uint8Array =>
  Uint8Array.from(
    createHash('sha256')
      .update(concatBytes(...parts))
      .digest(),
  )
const seedOf = (label: string): Uint8Array => sha256(utf8(`docstore vectors: network: ${label}`))
const bytesOf = (hex: string): Uint8Array => Uint8Array.from(Buffer.from(hex, 'hex'))

/** Unix milliseconds at which everything is judged. */
const NOW: number = Date.UTC(2026, 5, 1)
const authority = identityFromSeed(seedOf('authority'))
const guest = identityFromSeed(seedOf('guest'))
const stranger = identityFromSeed(seedOf('stranger'))
const peerKey = identityFromSeed(seedOf('peer'))
const otherPeerKey = identityFromSeed(seedOf('other peer'))
const peer = peerIdOfKey(peerKey.author)
const otherPeer = peerIdOfKey(otherPeerKey.author)
const club = createNetwork('Club', { nonce: seedOf('club').subarray(0, 16), admission: 'invite', authorities: [authority.author] })
const open = createNetwork('Open', { nonce: seedOf('open').subarray(0, 16) })
const smallOrderKey = concatBytes(bytesOf('ed01'), new Uint8Array(32))

/** A structure that is signed as it is, whatever it is. */
function signed(struct: Readonly<Record<string, unknown>> | Uint8Array, by: Identity, domain: string): Signed {
  const bytes = struct instanceof Uint8Array ? struct : encodeCbor(struct)
  return { bytes, signature: by.sign(domain, sha256(bytes)) }
}

/** The same bytes with one part of them replaced, signed anew: only the encoding is wrong. */
function patched({ bytes }: Signed, from: string, to: string, by: Identity, domain: string): Signed {
  const hex = toHex(bytes)
  if (hex.split(from).length !== 2) throw new Error(`${from} is not once in ${hex}`)
  return signed(bytesOf(hex.replace(from, to)), by, domain)
}

const certificateFields: Pick<Certificate, 'key' | 'label' | 'at' | 'expires'> = { key: guest.author, label: 'Ada', at: NOW - 1000, expires: null }
const certificateStruct = { v: 1, t: 'member', net: club.cid, ...certificateFields, by: authority.author }
const revokedCertificate = createCertificate(club.cid, { ...certificateFields, label: 'Taken back' }, authority)
const revocationFields = { certificate: sha256(revokedCertificate.bytes), at: NOW - 500 }
const revocationStruct = { v: 1, t: 'revoke', net: club.cid, ...revocationFields, by: authority.author }
const voucherStruct = { v: 1, t: 'runs', net: club.cid, peer, by: guest.author }
const packedHex = (one: Signed): string => toHex(packSigned(one))

type Kind = 'certificate' | 'revocation' | 'voucher'

/** Faults that each of the three can have in the same way. */
function commonFaults(kind: Kind, struct: Readonly<Record<string, unknown>>, by: Identity, domain: string) {
  const good = signed(struct, by, domain)
  const bad = (name: string, one: Signed, reason: string) => ({ name: `${kind}: ${name}`, kind, packed: packedHex(one), reason })
  const map = toHex(good.bytes).slice(0, 2)
  return [
    bad('an unknown field', signed({ ...struct, z: 1 }, by, domain), 'malformed'),
    bad('a field too few', signed(Object.fromEntries(Object.entries(struct).filter(([name]) => name !== 'by')), by, domain), 'malformed'),
    bad('another type', signed({ ...struct, t: 'other' }, by, domain), 'malformed'),
    bad('a later version', signed({ ...struct, v: 2 }, by, domain), 'unsupported'),
    bad('another network', signed({ ...struct, net: open.cid }, by, domain), 'wrong-network'),
    bad('network as text', signed({ ...struct, net: club.id }, by, domain), 'malformed'),
    bad('version not in its shortest form', patched(good, '617601', '61761801', by, domain), 'malformed'),
    bad('version as a float', patched(good, '617601', '6176fb3ff0000000000000', by, domain), 'malformed'),
    bad('keys not sorted', signed(bytesOf(`${map}${toHex(good.bytes).replace('617601', '').slice(2)}617601`), by, domain), 'malformed'),
    bad('one byte too many', signed(concatBytes(good.bytes, Uint8Array.of(0)), by, domain), 'malformed'),
    bad('larger than 1 KiB', signed({ ...struct, z: 'x'.repeat(1024) }, by, domain), 'too-large'),
    bad('signature changed', { ...good, signature: good.signature.with(0, (good.signature[0] ?? 0) ^ 1) }, 'bad-signature'),
    bad('signature in the domain head', signed(struct, by, 'head'), 'bad-signature'),
    bad('signature by another key', signed(struct, stranger, domain), 'bad-signature'),
    { name: `${kind}: signature of 63 bytes`, kind, packed: toHex(encodeCbor([good.bytes, good.signature.subarray(1)])), reason: 'malformed' },
    { name: `${kind}: packed with a third part`, kind, packed: toHex(encodeCbor([good.bytes, good.signature, null])), reason: 'malformed' },
    { name: `${kind}: packed as a map`, kind, packed: toHex(encodeCbor({ bytes: good.bytes, signature: good.signature })), reason: 'malformed' },
    { name: `${kind}: packed in an array of indefinite length`, kind, packed: `9f${packedHex(good).slice(2)}ff`, reason: 'malformed' },
    { name: `${kind}: nothing`, kind, packed: '', reason: 'malformed' },
  ]
}

function membershipFile(): VectorFile {
  const valid = (name: string, kind: Kind, one: Signed, fields: Readonly<Record<string, unknown>>) => ({
    name,
    kind,
    packed: packedHex(one),
    bytes: toHex(one.bytes),
    signature: toHex(one.signature),
    hash: toHex(sha256(one.bytes)),
    ...fields,
  })
  const certificate = (name: string, change: Partial<typeof certificateFields> = {}) => {
    const fields = { ...certificateFields, ...change }
    const { key, label, at, expires } = fields
    return valid(name, 'certificate', createCertificate(club.cid, fields, authority), { key: toHex(key), label, at, expires, by: toHex(authority.author) })
  }
  const changed = (name: string, kind: Kind, struct: Readonly<Record<string, unknown>>, by: Identity, reason: string) => ({
    name: `${kind}: ${name}`,
    kind,
    packed: packedHex(signed(struct, by, String(struct['t']))),
    reason,
  })
  return {
    description:
      'Certificates, revocations and vouchers of the network in the context, packed. hash is the sha-256 of bytes. Whether a certificate has expired or was taken back is not judged here.',
    context: { network: club.id, descriptor: toHex(club.bytes), authority: authority.did },
    valid: [
      certificate('a certificate for ever'),
      certificate('a certificate that ends', { expires: NOW + 1 }),
      certificate('a certificate without a label', { label: '' }),
      certificate('a certificate with the longest label', { label: 'é'.repeat(128), at: Number.MAX_SAFE_INTEGER, expires: 0 }),
      certificate('a certificate of the authority for itself', { key: authority.author }),
      valid('a revocation', 'revocation', createRevocation(club.cid, revocationFields.certificate, revocationFields.at, authority), {
        certificate: toHex(revocationFields.certificate),
        at: revocationFields.at,
        by: toHex(authority.author),
      }),
      valid('a voucher', 'voucher', createVoucher(club.cid, peer, guest), { peer, by: toHex(guest.author) }),
    ],
    invalid: [
      ...commonFaults('certificate', certificateStruct, authority, 'member'),
      changed('by who is no authority', 'certificate', { ...certificateStruct, by: stranger.author }, stranger, 'not-allowed'),
      changed('for a key of small order', 'certificate', { ...certificateStruct, key: smallOrderKey }, authority, 'bad-key'),
      changed('for a key of 33 bytes', 'certificate', { ...certificateStruct, key: guest.author.subarray(1) }, authority, 'malformed'),
      changed('label of 129 code units', 'certificate', { ...certificateStruct, label: 'x'.repeat(129) }, authority, 'malformed'),
      changed('label as bytes', 'certificate', { ...certificateStruct, label: utf8('Ada') }, authority, 'malformed'),
      changed('expiry before 1970', 'certificate', { ...certificateStruct, expires: -1 }, authority, 'malformed'),
      changed('expiry with a fraction', 'certificate', { ...certificateStruct, expires: 1.5 }, authority, 'malformed'),
      {
        name: 'certificate: label that is not UTF-8',
        kind: 'certificate',
        packed: packedHex(patched(signed(certificateStruct, authority, 'member'), '63416461', '6341ff61', authority, 'member')),
        reason: 'malformed',
      },
      {
        name: 'certificate: label that begins with U+FEFF',
        kind: 'certificate',
        packed: packedHex(patched(signed(certificateStruct, authority, 'member'), '63416461', '63efbbbf', authority, 'member')),
        reason: 'malformed',
      },
      ...commonFaults('revocation', revocationStruct, authority, 'revoke'),
      changed('by who is no authority', 'revocation', { ...revocationStruct, by: guest.author }, guest, 'not-allowed'),
      changed('hash of 31 bytes', 'revocation', { ...revocationStruct, certificate: new Uint8Array(31) }, authority, 'malformed'),
      ...commonFaults('voucher', voucherStruct, guest, 'runs'),
      changed('peer as bytes', 'voucher', { ...voucherStruct, peer: utf8(peer) }, guest, 'malformed'),
      changed('peer of 65 characters', 'voucher', { ...voucherStruct, peer: 'x'.repeat(65) }, guest, 'malformed'),
      changed('by a key of small order', 'voucher', { ...voucherStruct, by: smallOrderKey }, guest, 'bad-signature'),
    ],
  }
}

const certificate = packSigned(createCertificate(club.cid, certificateFields, authority))
const invitationKey = identityFromSeed(seedOf('invitation'))
const linkCertificate = packSigned(createCertificate(club.cid, { ...certificateFields, key: invitationKey.author, label: '' }, authority))

function invitationFile(): VectorFile {
  const text = (bytes: Uint8Array): string => `u${Buffer.from(bytes).toString('base64url')}`
  const valid = (name: string, packed: Uint8Array, seed: Uint8Array | null) => {
    const bytes = encodeInvitation({ certificate: packed, seed })
    return { name, bytes: toHex(bytes), text: text(bytes), certificate: toHex(packed), seed: seed && toHex(seed) }
  }
  const bad = (name: string, value: unknown) => ({ name, bytes: toHex(encodeCbor(value)), reason: 'malformed' })
  const good = toHex(encodeInvitation({ certificate, seed: null }))
  return {
    description:
      'Invitations as they stand in a join link: bytes, and the text of them. certificate is packed; its key is that of the seed, or of the identity of who is invited.',
    context: { network: club.id, descriptor: toHex(club.bytes) },
    valid: [valid('for whoever has the link', linkCertificate, seedOf('invitation')), valid('for one identity', certificate, null)],
    invalid: [
      { name: 'nothing', bytes: '', reason: 'malformed' },
      bad('a list', [certificate, null]),
      bad('no seed', { certificate }),
      bad('a seed of 31 bytes', { certificate, seed: new Uint8Array(31) }),
      bad('certificate as text', { certificate: toHex(certificate), seed: null }),
      bad('an unknown field', { certificate, seed: null, for: 'Ada' }),
      { name: 'one byte too many', bytes: `${good}00`, reason: 'malformed' },
      { name: 'a map of indefinite length', bytes: `bf${good.slice(2)}ff`, reason: 'malformed' },
      { name: 'keys not sorted', bytes: `a2${good.slice(2 + 12)}${good.slice(2, 2 + 12)}`, reason: 'malformed' },
      { ...bad('larger than 1,280 bytes', { certificate: new Uint8Array(1280), seed: null }), reason: 'too-large' },
    ],
  }
}

function greetingFile(): VectorFile {
  const identity = packSigned(createVoucher(open.cid, peer, guest))
  const voucher = packSigned(createVoucher(club.cid, peer, guest))
  const member = { certificate, voucher }
  const plain = { v: 1, versions: [1], role: 'peer', identity: null, member: null }
  const invited = { ...plain, member }
  const memberWith = (fields: Partial<typeof certificateFields>, by = authority) => ({
    certificate: packSigned(createCertificate(club.cid, { ...certificateFields, ...fields }, by)),
    voucher,
  })
  const accepted = (name: string, network: 'open' | 'invite', frame: Uint8Array, seen: Readonly<Record<string, unknown>> = {}) => ({
    name,
    network,
    peer,
    frame: toHex(frame),
    role: 'peer',
    identity: null,
    invitation: null,
    services: null,
    ...seen,
  })
  const refused = (name: string, network: 'open' | 'invite', value: unknown, code: string, at = peer) => ({
    name,
    network,
    peer: at,
    frame: toHex(value instanceof Uint8Array ? value : encodeCbor(value)),
    code,
  })
  const invitation = { id: toHex(sha256(createCertificate(club.cid, certificateFields, authority).bytes)), expires: null }
  const good = toHex(encodeCbor(plain))
  return {
    description:
      'Greetings as they come from the peer of that id, judged at `now` (Unix milliseconds) in the open or the invite-only network of the context, in which the revocations are known. `code` is the reason of the refusal.',
    context: {
      now: NOW,
      networks: { open: toHex(open.bytes), invite: toHex(club.bytes) },
      revocations: [packedHex(createRevocation(club.cid, revocationFields.certificate, revocationFields.at, authority))],
    },
    valid: [
      accepted('a peer', 'open', encodeHello({ role: 'peer', identity: null, member: null })),
      accepted('a relay that says who runs it', 'open', encodeHello({ role: 'relay', identity, member: null }), { role: 'relay', identity: guest.did }),
      accepted('a relay that says what it does for others', 'open', encodeHello({ role: 'relay', identity, member: null, services: ['signaling', 'my-service'] }), {
        role: 'relay',
        identity: guest.did,
        services: ['signaling', 'my-service'],
      }),
      accepted('with later versions, and fields that are not known', 'open', encodeCbor({ ...plain, versions: [1, 2, 9], later: { a: [1] } })),
      accepted('an invitation where none is asked for is not looked at', 'open', encodeCbor({ ...plain, member: { certificate: identity, voucher: identity } })),
      accepted('a member', 'invite', encodeHello({ role: 'peer', identity: null, member }), { invitation }),
      accepted('a member by a link', 'invite', encodeHello({ role: 'peer', identity: null, member: { certificate: linkCertificate, voucher: packSigned(createVoucher(club.cid, peer, invitationKey)) } }), {
        invitation: { id: toHex(sha256(createCertificate(club.cid, { ...certificateFields, key: invitationKey.author, label: '' }, authority).bytes)), expires: null },
      }),
      accepted('a member whose certificate ends in a millisecond', 'invite', encodeCbor({ ...plain, member: memberWith({ expires: NOW + 1 }) }), {
        invitation: { id: toHex(sha256(createCertificate(club.cid, { ...certificateFields, expires: NOW + 1 }, authority).bytes)), expires: NOW + 1 },
      }),
    ],
    invalid: [
      refused('nothing', 'open', new Uint8Array(), 'bad-hello'),
      refused('a list', 'open', [1], 'bad-hello'),
      refused('no version', 'open', { ...plain, v: '1' }, 'bad-hello'),
      refused('another form', 'open', { v: 2, anything: true }, 'other-version'),
      refused('no version in common', 'open', { ...plain, versions: [2, 3] }, 'other-version'),
      refused('versions that are no list', 'open', { ...plain, versions: 1 }, 'bad-hello'),
      refused('an unknown role', 'open', { ...plain, role: 'king' }, 'bad-hello'),
      refused('identity as text', 'open', { ...plain, identity: guest.did }, 'bad-hello'),
      refused('member without a voucher', 'open', { ...plain, member: { certificate } }, 'bad-hello'),
      refused('a voucher for another peer', 'open', { ...plain, identity }, 'bad-hello', otherPeer),
      refused('a voucher of another network', 'open', { ...plain, identity: voucher }, 'bad-hello'),
      refused('keys not sorted', 'open', bytesOf(`a5${good.slice(2 + 6)}${good.slice(2, 2 + 6)}`), 'bad-hello'),
      refused('one byte too many', 'open', bytesOf(`${good}00`), 'bad-hello'),
      refused('a version as a float', 'open', bytesOf(good.replace('617601', '6176fb3ff0000000000000')), 'bad-hello'),
      refused('larger than 8 KiB', 'open', { ...plain, later: new Uint8Array(8192) }, 'bad-hello'),
      refused('a refusal says why', 'open', { v: 1, error: 'relay-full', message: 'The relay is full' }, 'relay-full'),
      refused('a refusal for a reason that is none', 'open', { v: 1, error: 'because', message: 'Because' }, 'bad-hello'),
      refused('no invitation', 'invite', plain, 'not-invited'),
      refused('an invitation of another peer', 'invite', invited, 'not-invited', otherPeer),
      refused('a certificate by who is no authority', 'invite', { ...plain, member: memberWith({}, stranger) }, 'not-invited'),
      refused('a certificate for another key', 'invite', { ...plain, member: memberWith({ key: stranger.author }) }, 'not-invited'),
      refused('a certificate that ends now', 'invite', { ...plain, member: memberWith({ expires: NOW }) }, 'invitation-expired'),
      refused('a certificate that was taken back', 'invite', { ...plain, member: memberWith({ label: 'Taken back' }) }, 'invitation-revoked'),
      refused('a voucher in the place of the certificate', 'invite', { ...plain, member: { certificate: voucher, voucher } }, 'not-invited'),
    ],
  }
}

function directoryFile(): VectorFile {
  const fields: Omit<PeerDescriptor, 'v' | 't' | 'net' | 'by'> = {
    identity: null,
    addresses: ['/ip4/203.0.113.7/tcp/8081', '/dns4/relay.example/tcp/443/tls/ws'],
    origin: 'https://relay.example',
    services: ['relay', 'dht'],
    limits: { places: 2000 },
    links: [{ peer: otherPeerKey.author, via: 'tcp' }],
    since: NOW - 60_000,
    at: NOW,
    expires: NOW + 1_800_000,
  }
  const struct = { v: 1, t: 'peer', net: club.cid, by: peerKey.author, ...fields }
  const bare = { ...fields, addresses: [], origin: null, services: [], limits: {}, links: [] }
  const place = (kind: string, of: Uint8Array): string => toHex(sha256(utf8(kind), of).subarray(0, 16))
  const described = (name: string, change: Partial<typeof fields>, seen: Readonly<Record<string, unknown>> = {}) => {
    const one = signPeerDescriptor(club.cid, { ...fields, ...change }, peerKey)
    return {
      name,
      kind: 'peer',
      packed: packedHex(one),
      slot: place('peer', peerKey.author),
      hash: toHex(sha256(one.bytes)),
      at: change.at ?? fields.at,
      peer,
      identity: null,
      isRelay: (change.services ?? fields.services).includes('relay'),
      ...seen,
    }
  }
  const refused = (name: string, change: Readonly<Record<string, unknown>>, reason: string, by = peerKey, domain = 'peer') => ({
    name,
    kind: 'peer',
    packed: packedHex(signed({ ...struct, ...change }, by, domain)),
    reason,
  })
  const list = (length: number, of: unknown): unknown[] => Array.from({ length }, () => of)
  const revocation = createRevocation(club.cid, revocationFields.certificate, revocationFields.at, authority)
  const good = signed(struct, peerKey, 'peer')
  return {
    description: 'Entries of the directory of the network in the context, judged at `now` (Unix milliseconds).',
    context: { network: club.id, descriptor: toHex(club.bytes), now: NOW },
    valid: [
      described('a relay', {}),
      described('a peer that says nothing', bare),
      described('a peer that says who runs it', { identity: packSigned(createVoucher(club.cid, peer, guest)) }, { identity: guest.did }),
      described('as much as there may be of each', {
        addresses: Array.from({ length: 16 }, () => '/ip4/203.0.113.7/tcp/8081'),
        services: Array.from({ length: 16 }, (_, i) => `s${i}`),
        limits: Object.fromEntries(Array.from({ length: 16 }, (_, i) => [`l${i}`, Number.MAX_SAFE_INTEGER])),
        links: Array.from({ length: 48 }, () => ({ peer: otherPeerKey.author, via: 'other' as const })),
      }),
      described('signed five minutes ahead, for a day', { at: NOW + 300_000, expires: NOW + 300_000 + 86_400_000 }),
      described('that ends in a millisecond', { at: NOW - 1000, expires: NOW + 1 }),
      {
        name: 'a revocation',
        kind: 'revocation',
        packed: packedHex(revocation),
        slot: place('revocation', revocationFields.certificate),
        hash: toHex(sha256(revocation.bytes)),
        at: revocationFields.at,
        certificate: toHex(revocationFields.certificate),
      },
    ],
    invalid: [
      refused('an unknown field', { z: 1 }, 'malformed'),
      refused('another type', { t: 'runs' }, 'malformed'),
      refused('a later version', { v: 2 }, 'unsupported'),
      refused('another network', { net: open.cid }, 'wrong-network'),
      refused('more than 16 addresses', { addresses: list(17, '/ip4/203.0.113.7/tcp/1') }, 'malformed'),
      refused('an address of 257 code units', { addresses: ['x'.repeat(257)] }, 'malformed'),
      refused('an empty address', { addresses: [''] }, 'malformed'),
      refused('an origin with a path', { origin: 'https://relay.example/page' }, 'malformed'),
      refused('an origin of another scheme', { origin: 'ftp://relay.example' }, 'malformed'),
      refused('a service with a capital', { services: ['Relay'] }, 'malformed'),
      refused('a limit that is no number', { limits: { places: '1' } }, 'malformed'),
      refused('more than 48 links', { links: list(49, { peer: otherPeerKey.author, via: 'tcp' }) }, 'malformed'),
      refused('a link of an unknown kind', { links: [{ peer: otherPeerKey.author, via: 'pigeon' }] }, 'malformed'),
      refused('a link with a field too many', { links: [{ peer: otherPeerKey.author, via: 'tcp', ms: 1 }] }, 'malformed'),
      refused('an end before its beginning', { expires: NOW }, 'malformed'),
      refused('more than a day', { expires: NOW + 86_400_001 }, 'malformed'),
      refused('more than five minutes ahead', { at: NOW + 300_001, expires: NOW + 600_000 }, 'future'),
      refused('that has ended', { at: NOW - 2000, expires: NOW }, 'expired'),
      refused('signed by another key', {}, 'bad-signature', otherPeerKey),
      refused('signed in the domain runs', {}, 'bad-signature', peerKey, 'runs'),
      refused('a voucher for another peer', { identity: packSigned(createVoucher(club.cid, otherPeer, guest)) }, 'bad-signature'),
      refused('a voucher that is none', { identity: Uint8Array.of(1, 2, 3) }, 'malformed'),
      refused('larger than 6 KiB', { addresses: list(30, 'x'.repeat(250)) }, 'too-large'),
      { name: 'keys not sorted', kind: 'peer', packed: packedHex(signed(bytesOf(`${toHex(good.bytes).slice(0, 2)}${toHex(good.bytes).replace('617601', '').slice(2)}617601`), peerKey, 'peer')), reason: 'malformed' },
      { name: 'a revocation by who is no authority', kind: 'revocation', packed: packedHex(createRevocation(club.cid, revocationFields.certificate, NOW, guest)), reason: 'not-allowed' },
      { name: 'a descriptor as a revocation', kind: 'revocation', packed: packedHex(signPeerDescriptor(club.cid, bare, peerKey)), reason: 'malformed' },
    ],
  }
}

function joinLinkFile(): VectorFile {
  const HOME = 'http://127.0.0.1:8080'
  const [A, B] = ['https://a.example', 'https://b.example:8443']
  const invitation = { certificate: linkCertificate, seed: seedOf('invitation') }
  const packed = encodeInvitation(invitation)
  const text = (struct: unknown, version = 1): string => {
    const checked = concatBytes(Uint8Array.of(0x4b, 0x90, 0xd0 + version), encodeCbor(struct))
    return base32.encode(concatBytes(checked, sha256(checked).subarray(0, 5)))
  }
  const plain = formatJoinText(HOME, club)
  const link = formatJoinLink(HOME, club)
  const invited = formatJoinLink(HOME, club, { relays: [A, B], invitation })
  const descriptor = `u${Buffer.from(club.bytes).toString('base64url')}`
  const former = (fragment: string): string =>
    `${HOME}/#${fragment}&check=${Buffer.from(sha256(utf8(fragment))).toString('base64url').slice(0, 8)}`
  const formerFull = former(`join=${descriptor}&relay=${A}&relay=${B}&invite=u${Buffer.from(packed).toString('base64url')}`)
  const wrongEnd = (whole: string): string => `${whole.slice(0, -1)}${whole.endsWith('a') ? 'b' : 'a'}`
  const valid = (name: string, given: string, origins: readonly string[], hasInvitation = false) => ({
    name,
    link: given,
    network: club.id,
    origins,
    invitation: hasInvitation ? { certificate: toHex(invitation.certificate), seed: toHex(invitation.seed) } : null,
  })
  const invalid = (name: string, given: string) => ({ name, link: given, reason: 'bad-link' })
  return {
    description: 'Join texts and join links into the network of the context: what they say, or that they are refused.',
    context: { network: club.id, descriptor: toHex(club.bytes) },
    valid: [
      valid('that is a text', plain, [HOME]),
      valid('in a path', link, [HOME]),
      valid('in capitals', link.toUpperCase(), [HOME]),
      valid('with a place in the page behind it', `${link}#/network`, [HOME]),
      valid('that is a text with two further relays and an invitation', formatJoinText(HOME, club, { relays: [A, B], invitation }), [HOME, A, B], true),
      valid('behind a # with two further relays and an invitation', invited, [HOME, A, B], true),
      valid('opened under another origin', link.replace(HOME, 'https://relay.example'), ['https://relay.example', HOME]),
      valid('with a field that is not known', text({ n: club.bytes, o: [HOME], later: 1 }), [HOME]),
      valid('with more relays than count', text({ n: club.bytes, o: [HOME, ...[1, 2, 3, 4].map((n) => `https://${n}.example`)] }), [HOME, 'https://1.example', 'https://2.example', 'https://3.example']),
      valid('of the former form, with a checksum', former(`join=${descriptor}`), [HOME]),
      valid('of the former form, without a checksum, where there is nothing else', `${HOME}/#join=${descriptor}`, [HOME]),
      valid('of the former form, with two further relays and an invitation', formerFull, [HOME, A, B], true),
      valid('of the former form, with a part that is not known', former(`join=${descriptor}&later=1`), [HOME]),
    ],
    invalid: [
      invalid('nothing', ''),
      invalid('another scheme', `ftp://127.0.0.1/j/${plain}`),
      invalid('a character is wrong', wrongEnd(plain)),
      invalid('a character is missing', plain.slice(0, -1)),
      invalid('a character is too many', `${plain}a`),
      invalid('there is padding', `${plain}=`),
      invalid('what stood behind the # was cut off', `${HOME}/j/`),
      invalid('the version is unknown', text({ n: club.bytes, o: [HOME] }, 2)),
      invalid('there is no relay', text({ n: club.bytes, o: [] })),
      invalid('a relay is none', text({ n: club.bytes, o: [HOME, 'nowhere'] })),
      invalid('the network is none', text({ n: club.bytes.subarray(1), o: [HOME] })),
      invalid('the invitation is none', text({ n: club.bytes, o: [HOME], i: Uint8Array.of(1) })),
      invalid('a character of the former form is wrong', formerFull.replace('&check=', 'A&check=')),
      invalid('the checksum of the former form is wrong', `${formerFull.slice(0, -1)}${formerFull.endsWith('A') ? 'B' : 'A'}`),
      invalid('the checksum of the former form was cut off, and there is more than the network', formerFull.slice(0, formerFull.indexOf('&check='))),
      invalid('the descriptor of the former form was cut', `${HOME}/#join=${descriptor.slice(0, -4)}`),
      invalid('the descriptor of the former form is in base64 with padding', `${HOME}/#join=${descriptor}=`),
      invalid('the descriptor of the former form is in another base', `${HOME}/#join=f${toHex(club.bytes)}`),
      invalid('a relay of the former form is none', former(`join=${descriptor}&relay=nowhere`)),
      invalid('the invitation of the former form is none', former(`join=${descriptor}&invite=uAAAA`)),
    ],
  }
}

type FrameProtocol = 'sync' | 'directory' | 'profiles' | 'names' | 'people' | 'content' | 'status'

/** What content is asked for by. */
const CONTENT_CIDS = [
  ['a document', 'baguqeerasords4njcts6vs7qvdjfcvgnume4hqohf65zsfguprqphs3icwea'],
  ['a piece', 'bafkreihdwdcefgh4dqkjv67uzcmw7ojee6xedzdetojuzjevtenxquvyku'],
  ['a node', 'bafybeigllfqgfpqydppr6cmv56g7ax4wyhruzswvcefv6j5kj77nzttfki'],
] as const

/** Who asks whom in the frames of people. */
const FIND_ASKER = '12D3KooWEyoppNCUx8Yx66oV9fJnriXwCcXwDDUA2kj6vnc6iDEp'
const FIND_RELAY = '12D3KooWHHzSeKaY8xuZVzkLbKFfvNgPPeKhFBGrMbNzbm5akpqu'

function framesFile(): VectorFile {
  const ns = open.id
  const bytes = Uint8Array.of(1, 2, 3)
  const slots = new Uint8Array(32)
  const signature = new Uint8Array(64).fill(9)
  type Side = 'request' | 'response'
  const row = (protocol: FrameProtocol, side: Side, frame: Uint8Array, name?: string) => {
    const end = frame.findLastIndex((byte) => byte !== 0) + 1
    const zeros = frame.length - end > 1000 ? frame.length - end : 0
    return {
      name: name ?? `${protocol}: ${side} ${frameType(frame)}`,
      protocol,
      side,
      frame: toHex(frame.subarray(0, frame.length - zeros)),
      ...(zeros === 0 ? {} : { zeros }),
    }
  }
  const hash = sha256(utf8('a log'))
  const parcel = { log: hash, genesis: bytes, acts: [{ bytes, signature: new Uint8Array(64).fill(9) }] }
  const requests: readonly Request[] = [
    { t: 'hello', v: 1, net: open.id, role: 'peer', clock: 1, epoch: 'a' },
    { t: 'list', after: '' },
    { t: 'open', ns },
    { t: 'open', ns, has: true },
    { t: 'open', ns, has: true, head: hash },
    { t: 'open', ns, parts: partsOfRange(2, 1) },
    { t: 'offer', genesis: bytes, head: bytes, signature: bytes },
    { t: 'logs', ns, after: new Uint8Array() },
    { t: 'logs', ns, after: hash },
    { t: 'acts', ns, wants: [{ log: hash, tips: [hash], skip: 3 }] },
    { t: 'learn', ns, genesis: null, logs: [parcel, { log: hash, acts: [] }] },
    { t: 'learn', ns, genesis: bytes, logs: [] },
    { t: 'ask', ns, question: bytes },
    { t: 'fetch', ns, slots },
    { t: 'put', ns, batch: bytes },
    { t: 'puts', puts: [{ ns, batch: bytes }] },
    { t: 'pull', epoch: 'a', ns, since: 0 },
    { t: 'pull', epoch: 'a', ns, since: 0, parts: partsOfRange(6, 63) },
    { t: 'follow', epoch: 'a', wants: [{ ns, since: Number.MAX_SAFE_INTEGER }], wait: 20_000 },
    { t: 'follow', epoch: 'a', wants: [{ ns, since: 1, parts: partsOfRange(1, 0) }], wait: 20_000 },
  ]
  const news = { ns, batch: bytes, seq: 7, more: false }
  const responses: readonly Response[] = [
    { t: 'hello', v: 1, net: open.id, role: 'relay', clock: 1, epoch: 'a', can: ['puts', 'logs', 'has', 'head'] },
    { t: 'list', ids: [ns] },
    { t: 'unknown' },
    { t: 'opened', namespace: { genesis: bytes, head: bytes, signature: bytes }, root: '00', count: 1, seq: 1 },
    { t: 'opened', namespace: { genesis: bytes, head: bytes, signature: bytes }, root: '00', count: 1, seq: 1, logs: hash },
    { t: 'opened', root: '00', count: 1, seq: 1, logs: hash },
    { t: 'logs', logs: [{ log: hash, tips: [] }] },
    { t: 'acts', logs: [parcel], more: true },
    { t: 'learnt', refused: 2 },
    { t: 'ok' },
    { t: 'reply', reply: bytes },
    { t: 'batch', batch: null, taken: 1 },
    { t: 'results', results: ['stored', 'same', 'superseded', 'future', 'unsupported', 'quota', 'unknown-person', 'no-device', 'revoked', 'removed'], clock: 1 },
    { t: 'all-results', results: [['stored'], { code: 'unknown-namespace', message: 'Not here' }], clock: 1 },
    { t: 'news', ...news },
    { t: 'news', ...news, also: [{ ...news, batch: null }] },
    { t: 'idle' },
    { t: 'error', code: 'busy', message: 'Later' },
  ]
  const entry = { kind: 'revocation' as const, packed: packSigned(signed(revocationStruct, authority, 'revoke')) }
  const bad = (name: string, protocol: FrameProtocol, side: Side, frame: Uint8Array | string, reason = 'malformed') => ({
    ...row(protocol, side, typeof frame === 'string' ? bytesOf(frame.replaceAll(' ', '')) : frame, `${protocol}: ${name}`),
    reason,
  })
  const huge = new Uint8Array(262_144)
  const recovery = identityFromSeed(seedOf('recovery'))
  const proof = recovery.sign('find', findHash(open.id, FIND_ASKER, FIND_RELAY))
  const find = { t: 'find', key: recovery.author, signature: proof, from: 0, after: '' } as const
  const act = { bytes, signature }
  const found = { t: 'person', genesis: bytes, acts: [act], moreActs: false, namespaces: [ns], moreNamespaces: false } as const
  const long = 'x'.repeat(513)
  const salt = new Uint8Array(SALT_BYTES).fill(4)
  return {
    description: 'Frames of sync, of the directory, of profiles, of names, of people, of content and of what relays say of sectors, without the length before them. Where `zeros` is there, so many zero bytes follow; where `find` is, the signature in the frame is for that network, asker and relay. A bad response breaks the protocol; a bad request is answered with `reason` as the code of an error.',
    valid: [
      ...requests.map((request) => row('sync', 'request', encodeRequest(request))),
      ...responses.map((response, index) => row('sync', 'response', encodeResponse(response), `sync: response ${index + 1}, ${response.t}`)),
      row('sync', 'response', encodeCbor({ t: 'ok', later: [1.5] }), 'sync: response with a field that is not known'),
      ...[{ t: 'ask', question: bytes } as const, { t: 'fetch', slots } as const, { t: 'put', entries: [entry] } as const, { t: 'find', ns } as const, { t: 'list', after: '' } as const].map((one) =>
        row('directory', 'request', encodeMessage(one)),
      ),
      ...[
        { t: 'reply', reply: bytes } as const,
        { t: 'entries', entries: [entry], taken: 1 } as const,
        { t: 'ok', kept: 1 } as const,
        { t: 'found', relays: [bytes], peers: [peer] } as const,
        { t: 'listed', namespaces: [{ genesis: bytes, head: bytes, signature: bytes }], more: false } as const,
        { t: 'error', code: 'malformed', message: 'The request cannot be read' } as const,
      ].map((one) => row('directory', 'response', encodeMessage(one))),
      ...[
        { t: 'status', sectors: new Uint8Array() } as const,
        { t: 'list', sector: 1023, after: hash } as const,
        { t: 'prove', sector: 7, salt, namespaces: [hash] } as const,
        { t: 'prove', salt, namespaces: [hash] } as const,
        { t: 'where', sector: 0 } as const,
      ].map((one) => row('status', 'request', encodeStatusMessage(one))),
      row('status', 'request', encodeStatusMessage({ t: 'list', sector: 0, after: new Uint8Array() }), 'status: request list from the first'),
      ...[
        { t: 'status', sectors: bytes } as const,
        { t: 'list', namespaces: [{ ns: hash, print: hash }], more: false } as const,
        { t: 'proof', proof: hash } as const,
        { t: 'none' } as const,
        { t: 'where', relays: [{ by: peerKey.author, state: 'leaving' }] } as const,
        { t: 'error', code: 'not-allowed', message: 'Only relays of the directory are told' } as const,
      ].map((one) => row('status', 'response', encodeStatusMessage(one))),
      row('profiles', 'request', encodeProfiles({ t: 'profiles', ids: [ns] })),
      row('profiles', 'response', encodeProfiles({ t: 'profiles', profiles: [{ genesis: bytes, head: bytes, signature: bytes }], taken: 2 })),
      row('profiles', 'response', encodeProfiles({ t: 'error', code: 'malformed', message: 'The request cannot be read' })),
      ...[
        { t: 'about', names: ['zoe', 'admin-of-none'], passed: false } as const,
        { t: 'about', names: ['zoe'], passed: true } as const,
        { t: 'of', persons: [hash] } as const,
        { t: 'log', person: hash, from: 0 } as const,
        { t: 'learn', genesis: bytes, acts: [{ bytes, signature }] } as const,
        { t: 'learn', genesis: bytes, acts: [] } as const,
        { t: 'tell', statements: [{ bytes, signature }] } as const,
        { t: 'tell', statements: [] } as const,
        { t: 'claim', claim: { bytes, signature } } as const,
        { t: 'deny', claim: { bytes, signature } } as const,
      ].map((one, index) => row('names', 'request', encodeNames(one), `names: request ${index + 1}, ${one.t}`)),
      ...[
        { t: 'about', statements: [{ bytes, signature }], taken: 1 } as const,
        { t: 'about', statements: [], taken: 100 } as const,
        { t: 'of', names: [['zoe', 'zoe-2'], []] } as const,
        { t: 'log', genesis: bytes, acts: [{ bytes, signature }], more: true } as const,
        { t: 'none' } as const,
        { t: 'taken', count: 2 } as const,
        { t: 'granted', grant: { bytes, signature } } as const,
        { t: 'denied', denial: { bytes, signature } } as const,
        { t: 'error', code: 'name-taken', message: 'Somebody has the name zoe' } as const,
      ].map((one, index) => row('names', 'response', encodeNames(one), `names: response ${index + 1}, ${one.t}`)),
      // What the signature in it is over follows from these (people, §6).
      { ...row('people', 'request', encodeFind(find)), find: { network: open.id, asker: FIND_ASKER, relay: FIND_RELAY } },
      row('people', 'request', encodeFind({ ...find, from: 4096, after: ns })),
      row('people', 'request', encodeFind({ ...find, person: seedOf('person') })),
      row('people', 'response', encodeFind(found)),
      row('people', 'response', encodeFind({ ...found, acts: [], moreActs: true, namespaces: [], moreNamespaces: true })),
      row('people', 'response', encodeFind({ ...found, others: [bytes.slice(0, 100), bytes.slice(0, 120)] })),
      row('people', 'response', encodeFind({ t: 'none' })),
      ...CONTENT_CIDS.map(([what, cid]) => row('content', 'request', encodeContent({ t: 'content', cid, passed: what === 'a piece' }), `content: request for ${what}`)),
      row('content', 'response', encodeContent({ t: 'content', bytes })),
      row('content', 'response', encodeContent({ t: 'content', bytes: new Uint8Array(262_144) }), 'content: response content, the largest piece'),
      row('content', 'response', encodeContent({ t: 'none' })),
      row('content', 'response', encodeContent({ t: 'error', code: 'busy', message: 'Try again soon' })),
      row('people', 'response', encodeFind({ t: 'error', code: 'bad-signature', message: 'Ask with the key itself' })),
    ],
    invalid: [
      ...(['request', 'response'] as const).flatMap((side) => [
        bad(`nothing, as a ${side}`, 'sync', side, new Uint8Array()),
        bad(`a list, as a ${side}`, 'sync', side, encodeCbor(['list'])),
        bad(`an unknown type, as a ${side}`, 'sync', side, encodeCbor({ t: 'erase' })),
        bad(`one byte too many, as a ${side}`, 'sync', side, side === 'request' ? 'a2 6174 646c697374 656166746572 60 00' : 'a1 6174 626f6b 00'),
        bad(`a map of indefinite length, as a ${side}`, 'sync', side, side === 'request' ? 'bf 6174 646c697374 656166746572 60 ff' : 'bf 6174 626f6b ff'),
        bad(`a length that is not the shortest, as a ${side}`, 'sync', side, side === 'request' ? 'b802 6174 646c697374 656166746572 60' : 'b801 6174 626f6b'),
      ]),
      bad('keys not sorted', 'sync', 'request', 'a2 656166746572 60 6174 646c697374'),
      bad('a key twice', 'sync', 'request', 'a3 6174 646c697374 6174 646c697374 656166746572 60'),
      bad('text that is not UTF-8', 'sync', 'request', 'a2 6174 646c697374 656166746572 61ff'),
      bad('an integer as a float', 'sync', 'request', 'a4 6174 6470756c6c 626e73 6178 6565706f6368 60 6573696e6365 fb3ff0000000000000'),
      bad('an integer that is not the shortest', 'sync', 'request', 'a4 6174 6470756c6c 626e73 6178 6565706f6368 60 6573696e6365 1801'),
      bad('parts of seven bytes', 'sync', 'request', encodeCbor({ t: 'open', ns, parts: new Uint8Array(7) })),
      bad('a want of four things', 'sync', 'request', encodeCbor({ t: 'follow', epoch: '', wants: [[ns, 0, new Uint8Array(8), 0]], wait: 0 })),
      bad('a negative integer', 'sync', 'request', encodeCbor({ t: 'pull', epoch: '', ns, since: -1 })),
      bad('an integer beyond 2^53 - 1', 'sync', 'request', encodeCbor({ t: 'pull', epoch: '', ns, since: 2n ** 53n })),
      bad('an unknown field', 'sync', 'request', encodeCbor({ t: 'list', after: '', filter: 1 })),
      bad('a missing field', 'sync', 'request', encodeCbor({ t: 'list' })),
      bad('bytes for text', 'sync', 'request', encodeCbor({ t: 'list', after: bytes })),
      bad('text of 513 code units', 'sync', 'request', encodeCbor({ t: 'list', after: long })),
      bad('half a slot', 'sync', 'request', encodeCbor({ t: 'fetch', ns, slots: new Uint8Array(17) })),
      bad('more than 4,096 slots', 'sync', 'request', encodeCbor({ t: 'fetch', ns, slots: new Uint8Array(16 * 4097) })),
      bad('a log with 31 bytes', 'sync', 'request', encodeCbor({ t: 'logs', ns, after: new Uint8Array(31) })),
      bad('17 tips', 'sync', 'request', encodeCbor({ t: 'acts', ns, wants: [[hash, Array.from({ length: 17 }, () => hash), 0]] })),
      bad('257 logs', 'sync', 'request', encodeCbor({ t: 'acts', ns, wants: Array.from({ length: 257 }, () => [hash, [], 0]) })),
      bad('an act without a signature', 'sync', 'request', encodeCbor({ t: 'learn', ns, genesis: null, logs: [[hash, null, [[bytes]]]] })),
      bad('an unknown role', 'sync', 'request', encodeCbor({ t: 'hello', v: 1, net: open.id, role: 'king', clock: 1, epoch: 'a' })),
      bad('more than 262,144 bytes', 'sync', 'request', encodeCbor({ t: 'put', ns, batch: huge }).subarray(0, 262_145), 'too-large'),
      bad('a result above 21', 'sync', 'response', encodeCbor({ t: 'results', results: Uint8Array.of(22), clock: 1 })),
      bad('keys not sorted', 'directory', 'request', 'a2 687175657374696f6e 43010203 6174 6361736b'),
      bad('an unknown field', 'directory', 'request', encodeCbor({ t: 'ask', question: bytes, later: 1 })),
      bad('an unknown field in a response', 'directory', 'response', encodeCbor({ t: 'ok', kept: 1, later: 1 })),
      bad('more than 4,096 slots', 'directory', 'request', encodeCbor({ t: 'fetch', slots: new Uint8Array(16 * 4097) })),
      bad('a namespace that is none', 'directory', 'request', encodeCbor({ t: 'find', ns: 'notes' })),
      bad('an entry of an unknown kind', 'directory', 'request', encodeCbor({ t: 'put', entries: [{ kind: 'note', packed: bytes }] })),
      bad('a position that is no text', 'directory', 'request', encodeCbor({ t: 'list', after: 1 })),
      bad('a namespace without a signature', 'directory', 'response', encodeCbor({ t: 'listed', namespaces: [{ genesis: bytes, head: bytes }], more: false })),
      bad('more than 1,024 namespaces', 'directory', 'response', encodeCbor({ t: 'listed', namespaces: Array.from({ length: 1025 }, () => ({ genesis: bytes, head: bytes, signature: bytes })), more: false })),
      bad('no profiles', 'profiles', 'request', encodeCbor({ t: 'profiles', ids: [] })),
      bad('101 profiles', 'profiles', 'request', encodeCbor({ t: 'profiles', ids: Array.from({ length: 101 }, () => ns) })),
      bad('a profile that is none', 'profiles', 'request', encodeCbor({ t: 'profiles', ids: ['ada'] })),
      bad('an unknown field', 'profiles', 'request', encodeCbor({ t: 'profiles', ids: [ns], later: 1 })),
      bad('an answer to none of them', 'profiles', 'response', encodeCbor({ t: 'profiles', profiles: [], taken: 0 })),
      bad('more profiles than were asked for', 'profiles', 'response', encodeCbor({ t: 'profiles', profiles: [{ genesis: bytes, head: bytes, signature: bytes }, { genesis: bytes, head: bytes, signature: bytes }], taken: 1 })),
      bad('a profile without a signature', 'profiles', 'response', encodeCbor({ t: 'profiles', profiles: [{ genesis: bytes, head: bytes }], taken: 1 })),
      ...(['request', 'response'] as const).flatMap((side) => [
        bad(`nothing, as a ${side}`, 'names', side, new Uint8Array()),
        bad(`an unknown type, as a ${side}`, 'names', side, encodeCbor({ t: 'erase' })),
        bad(`a statement of 513 bytes, as a ${side}`, 'names', side, encodeCbor({ t: side === 'request' ? 'claim' : 'granted', [side === 'request' ? 'claim' : 'grant']: { bytes: new Uint8Array(513), signature } })),
        bad(`a signature of 63 bytes, as a ${side}`, 'names', side, encodeCbor({ t: side === 'request' ? 'claim' : 'granted', [side === 'request' ? 'claim' : 'grant']: { bytes, signature: signature.subarray(1) } })),
      ]),
      bad('no names', 'names', 'request', encodeCbor({ t: 'about', names: [], passed: false })),
      bad('101 names', 'names', 'request', encodeCbor({ t: 'about', names: Array.from({ length: MAX_ASKED + 1 }, () => 'zoe'), passed: false })),
      bad('a name in capitals', 'names', 'request', encodeCbor({ t: 'about', names: ['Zoe'], passed: false })),
      bad('a reserved name', 'names', 'request', encodeCbor({ t: 'about', names: ['admin'], passed: false })),
      bad('a name with a letter of another alphabet', 'names', 'request', encodeCbor({ t: 'about', names: ['z\u043ee'], passed: false })),
      bad('a name that turns writing around', 'names', 'request', encodeCbor({ t: 'about', names: ['zo\u202ee'], passed: false })),
      bad('without saying whether it is passed on', 'names', 'request', encodeCbor({ t: 'about', names: ['zoe'] })),
      bad('an unknown field', 'names', 'request', encodeCbor({ t: 'about', names: ['zoe'], passed: false, later: 1 })),
      bad('no persons', 'names', 'request', encodeCbor({ t: 'of', persons: [] })),
      bad('a person of 31 bytes', 'names', 'request', encodeCbor({ t: 'of', persons: [hash.subarray(1)] })),
      bad('101 persons', 'names', 'request', encodeCbor({ t: 'of', persons: Array.from({ length: MAX_ASKED + 1 }, () => hash) })),
      bad('a negative position', 'names', 'request', encodeCbor({ t: 'log', person: hash, from: -1 })),
      bad('a genesis that is text', 'names', 'request', encodeCbor({ t: 'learn', genesis: 'zoe', acts: [] })),
      bad('an act without a signature', 'names', 'request', encodeCbor({ t: 'learn', genesis: bytes, acts: [{ bytes }] })),
      bad('101 statements', 'names', 'request', encodeCbor({ t: 'tell', statements: Array.from({ length: MAX_STATEMENTS + 1 }, () => ({ bytes, signature })) })),
      bad('a claim that is null', 'names', 'request', encodeCbor({ t: 'claim', claim: null })),
      bad('an answer about no names', 'names', 'response', encodeCbor({ t: 'about', statements: [], taken: 0 })),
      bad('an answer about 101 names', 'names', 'response', encodeCbor({ t: 'about', statements: [], taken: MAX_ASKED + 1 })),
      bad('17 names of one person', 'names', 'response', encodeCbor({ t: 'of', names: [Array.from({ length: MAX_NAMES_OF_PERSON + 1 }, (_, i) => `zoe${i}`)] })),
      bad('a name of somebody that is none', 'names', 'response', encodeCbor({ t: 'of', names: [['Zoe']] })),
      bad('a log that does not say whether there is more', 'names', 'response', encodeCbor({ t: 'log', genesis: bytes, acts: [] })),
      bad('none, and something', 'names', 'response', encodeCbor({ t: 'none', count: 1 })),
      bad('a count that is text', 'names', 'response', encodeCbor({ t: 'taken', count: 'two' })),
      bad('an error without a message', 'names', 'response', encodeCbor({ t: 'error', code: 'busy' })),
      bad('an error of 513 code units', 'names', 'response', encodeCbor({ t: 'error', code: 'busy', message: long })),
      bad('more than 262,144 bytes', 'names', 'request', encodeCbor({ t: 'learn', genesis: huge, acts: [] }).subarray(0, 262_145), 'too-large'),
      bad('the id of a namespace', 'content', 'request', encodeCbor({ t: 'content', cid: ns, passed: false })),
      bad('a CID in another base', 'content', 'request', encodeCbor({ t: 'content', cid: `f01a90212${toHex(hash).slice(2)}`, passed: false })),
      bad('a CID with bytes in itself', 'content', 'request', encodeCbor({ t: 'content', cid: 'bafkqaaa', passed: false })),
      bad('no word on who asked', 'content', 'request', encodeCbor({ t: 'content', cid: CONTENT_CIDS[0][1] })),
      bad('an unknown field', 'content', 'request', encodeCbor({ t: 'content', cid: CONTENT_CIDS[0][1], passed: false, later: 1 })),
      bad('text for bytes', 'content', 'response', encodeCbor({ t: 'content', bytes: '{}' })),
      bad('a whole block more than there can be', 'content', 'response', encodeCbor({ t: 'content', bytes: new Uint8Array(2 * 262_144) }), 'too-large'),
      ...(['request', 'response'] as const).flatMap((side) => [
        bad(`nothing, as a ${side}`, 'status', side, new Uint8Array()),
        bad(`an unknown type, as a ${side}`, 'status', side, encodeCbor({ t: 'drop' })),
        bad(`a status that is text, as a ${side}`, 'status', side, encodeCbor({ t: 'status', sectors: 'all' })),
      ]),
      bad('a sector beyond the last', 'status', 'request', encodeCbor({ t: 'list', sector: 1024, after: new Uint8Array() })),
      bad('a sector below the first', 'status', 'request', encodeCbor({ t: 'where', sector: -1 })),
      bad('a digest of 31 bytes to go on from', 'status', 'request', encodeCbor({ t: 'list', sector: 0, after: hash.subarray(1) })),
      bad('a salt of 15 bytes', 'status', 'request', encodeCbor({ t: 'prove', sector: 7, salt: salt.subarray(1), namespaces: [hash] })),
      bad('a proof of 5,001 namespaces', 'status', 'request', encodeCbor({ t: 'prove', sector: 7, salt, namespaces: Array.from({ length: MAX_PROVED + 1 }, () => hash) })),
      bad('a proof of what is no digest', 'status', 'request', encodeCbor({ t: 'prove', sector: 7, salt, namespaces: [ns] })),
      bad('an unknown field', 'status', 'request', encodeCbor({ t: 'where', sector: 0, later: 1 })),
      bad('2,001 namespaces', 'status', 'response', encodeCbor({ t: 'list', namespaces: Array.from({ length: MAX_LISTED + 1 }, () => [hash, hash]), more: true })),
      bad('a print of 16 bytes', 'status', 'response', encodeCbor({ t: 'list', namespaces: [[hash, hash.subarray(16)]], more: false })),
      bad('a list that does not say whether there is more', 'status', 'response', encodeCbor({ t: 'list', namespaces: [] })),
      bad('a proof of 31 bytes', 'status', 'response', encodeCbor({ t: 'proof', proof: hash.subarray(1) })),
      bad('an unknown state', 'status', 'response', encodeCbor({ t: 'where', relays: [[peerKey.author, 3]] })),
      bad('a key of 33 bytes', 'status', 'response', encodeCbor({ t: 'where', relays: [[peerKey.author.subarray(1), 0]] })),
      bad('65 relays', 'status', 'response', encodeCbor({ t: 'where', relays: Array.from({ length: 65 }, () => [peerKey.author, 0]) })),
      bad('an error of 513 code units', 'status', 'response', encodeCbor({ t: 'error', code: 'busy', message: long })),
      bad('more than 262,144 bytes', 'status', 'request', encodeCbor({ t: 'status', sectors: huge }).subarray(0, 262_145), 'too-large'),
      bad('a key that is none', 'people', 'request', encodeCbor({ ...find, key: new Uint8Array(34) })),
      bad('a signature of 63 bytes', 'people', 'request', encodeCbor({ ...find, signature: new Uint8Array(63) })),
      bad('a position below nothing', 'people', 'request', encodeCbor({ ...find, from: -1 })),
      bad('a namespace that is none', 'people', 'request', encodeCbor({ ...find, after: 'notes' })),
      bad('an unknown field', 'people', 'request', encodeCbor({ ...find, later: 1 })),
      bad('a person of 31 bytes', 'people', 'request', encodeCbor({ ...find, person: new Uint8Array(31) })),
      bad('129 other persons', 'people', 'response', encodeCbor({ ...found, others: Array.from({ length: 129 }, () => bytes.slice(0, 100)) })),
      bad('another person of 257 bytes', 'people', 'response', encodeCbor({ ...found, others: [new Uint8Array(257)] })),
      bad('an act without a signature', 'people', 'response', encodeCbor({ ...found, acts: [{ bytes }] })),
      bad('a namespace that is none', 'people', 'response', encodeCbor({ ...found, namespaces: ['notes'] })),
      bad('a number for whether there are more', 'people', 'response', encodeCbor({ ...found, moreActs: 1 })),
      bad('more than 32 peers', 'directory', 'response', encodeCbor({ t: 'found', relays: [], peers: Array.from({ length: 33 }, () => peer) })),
    ],
  }
}

/** What kind of frame it is: the text behind the first `t`, which is the shortest key and so comes first. */
function frameType(frame: Uint8Array): string {
  const at = toHex(frame).indexOf('6174') / 2 + 2
  return Buffer.from(frame.subarray(at + 1, at + 1 + ((frame[at] ?? 0) & 0x1f))).toString()
}

/** All of these files by name. Deterministic. */
export function networkVectors(): Readonly<Record<string, VectorFile>> {
  return {
    'membership.json': membershipFile(),
    'invitation.json': invitationFile(),
    'greeting.json': greetingFile(),
    'directory.json': directoryFile(),
    'join-link.json': joinLinkFile(),
    'frames.json': framesFile(),
    'presence.json': presenceFile(),
  }
}

if (import.meta.main) {
  for (const [name, file] of Object.entries(networkVectors())) writeFileSync(new URL(name, import.meta.url), vectorText(file))
}
