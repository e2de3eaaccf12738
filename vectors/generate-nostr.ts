import { createHash } from 'node:crypto'
import { schnorr } from '@noble/curves/secp256k1.js'
import { toHex } from '../packages/core/src/model/bytes.ts'
import type { NostrEvent } from '../packages/core/src/model/nostr/event.ts'
import { eventExpiry, eventSlot, ownerOf, timeOfEvent } from '../packages/core/src/model/nostr/event-record.ts'
import { eventDocument, eventId, eventJson, eventMessage, eventPieces } from '../packages/core/src/model/nostr/event-text.ts'
import { kindClass } from '../packages/core/src/model/nostr/kinds.ts'
import { coordinateOf, deletionTargets, indexedTags, isProtected, vanishRelays } from '../packages/core/src/model/nostr/tags.ts'
import type { VectorFile } from './vector-file.ts'

const digest = (text: string): Uint8Array<ArrayBuffer> => Uint8Array.from(createHash('sha256').update(`docstore vectors: ${text}`).digest())
const [alice, bob] = [digest('nostr alice'), digest('nostr bob')]
const [alicePub, bobPub] = [toHex(schnorr.getPublicKey(alice)), toHex(schnorr.getPublicKey(bob))]
const AT = Date.UTC(2026, 0, 1) / 1000
const NO_AUX = new Uint8Array(32)

/** An event of Alice, signed. */
function event(fields: Partial<Pick<NostrEvent, 'created_at' | 'kind' | 'tags' | 'content'>>, key = alice): NostrEvent {
  const unsigned = { pubkey: toHex(schnorr.getPublicKey(key)), created_at: AT, kind: 1, tags: [], content: '', ...fields }
  const id = eventId(unsigned)
  return { id, ...unsigned, sig: toHex(schnorr.sign(Uint8Array.from(Buffer.from(id, 'hex')), key, NO_AUX)) }
}

/** Events, what follows from them, and what is none. */
export function nostrFile(): VectorFile {
  const good = (name: string, one: NostrEvent) => ({
    name,
    event: one,
    message: eventMessage(one),
    document: eventDocument(one),
    json: eventJson(eventPieces(eventDocument(one))),
    class: kindClass(one.kind),
    coordinate: coordinateOf(one) ?? null,
    owner: ownerOf(one),
    slot: toHex(eventSlot(one)),
    at: timeOfEvent(one.created_at) ?? null,
    exp: eventExpiry(one),
    isProtected: isProtected(one),
    tags: indexedTags(one),
    deletes: one.kind === 5 ? deletionTargets(one) : null,
    vanishes: one.kind === 62 ? vanishRelays(one) : null,
  })
  const right = event({ content: 'right' })
  const bad = (name: string, value: unknown, reason = 'malformed') => ({ name, event: value, reason })
  const target = 'ab'.repeat(32)
  return {
    description: 'Events of Nostr with what follows from them: what is hashed, the document, the JSON for clients, and what the record of one has. The invalid ones are refused by their shape.',
    context: { alice: alicePub, bob: bobPub },
    valid: [
      good('a note', event({ content: 'Hello' })),
      good('nothing in it', event({})),
      good('all that is escaped, and what is not', event({ content: '"\\\b\f\n\r\t\0\u0001\u001f\u007f\u2028/é名🎉' })),
      good('content that looks like fields', event({ content: ',"created_at":1,"kind":2,"pubkey":"x","sig":"y","tags":[]}' })),
      good('tags that look like fields', event({ tags: [['x', ',"created_at":1', 'created_at', '","tags":']] })),
      good('of the first second', event({ created_at: 0 })),
      good('of before hybrid times', event({ created_at: 1_600_000_000 })),
      good('of the second in which hybrid times begin', event({ created_at: 1_735_689_600 })),
      good('the last of those whose time is their seconds', event({ created_at: 1_735_690_023 })),
      good('the first of those whose time is not', event({ created_at: 1_735_690_024 })),
      good('of the last second of hybrid times', event({ created_at: 3_934_712_855 })),
      good('beyond all times', event({ created_at: 3_934_712_856 })),
      good('metadata', event({ kind: 0, content: '{"name":"alice"}' })),
      good('a list of relays', event({ kind: 10_002, tags: [['r', 'wss://example.org']] })),
      good('an article', event({ kind: 30_023, tags: [['d', 'first:draft'], ['d', 'second'], ['t', 'a'], ['t', 'a'], ['T', 'a']] })),
      good('an article without a name', event({ kind: 30_023, tags: [['e', target]] })),
      good('an article whose name has no value', event({ kind: 30_023, tags: [['d']] })),
      good('one that is not kept', event({ kind: 20_001 })),
      good('of the largest kind', event({ kind: 65_535 })),
      good('that expires', event({ tags: [['expiration', String(AT + 60)]] })),
      good('that says in words when it expires', event({ tags: [['expiration', 'soon']] })),
      good('protected', event({ tags: [['-']] })),
      good('a gift wrap', event({ kind: 1059, tags: [['p', bobPub]], content: 'secret' })),
      good('a gift wrap for nobody', event({ kind: 1059, tags: [['p', 'bob']], content: 'secret' })),
      good('tags without name or value', event({ tags: [[], [''], ['e'], ['e', ''], ['long', 'name']] })),
      good(
        'a deletion',
        event({
          kind: 5,
          tags: [['e', target], ['e', target], ['e', 'no id'], ['e'], ['a', `30023:${alicePub}:first:draft`], ['a', `10002:${alicePub}:`], ['a', `30023:${bobPub}:his`], ['a', `1:${alicePub}:`], ['a', `030023:${alicePub}:x`], ['a', `10002:${alicePub}:x`], ['k', '1']],
        }),
      ),
      good('a deletion of nothing', event({ kind: 5, tags: [['e'], ['a']] })),
      good('a request to vanish', event({ kind: 62, tags: [['relay', 'ALL_RELAYS'], ['relay', 'wss://example.org'], ['relay']] })),
      good('by another', event({ content: 'Hi' }, bob)),
    ],
    invalid: [
      bad('no object', [right]),
      bad('null', null),
      bad('no id', { ...right, id: undefined }),
      bad('an id in capitals', { ...right, id: right.id.toUpperCase() }),
      bad('an id that is short', { ...right, id: right.id.slice(2) }),
      bad('a key of 33 bytes', { ...right, pubkey: `02${right.pubkey}` }),
      bad('a short signature', { ...right, sig: right.sig.slice(2) }),
      bad('a time that is text', { ...right, created_at: String(AT) }),
      bad('a time in fractions', { ...right, created_at: AT + 0.5 }),
      bad('a negative time', { ...right, created_at: -1 }),
      bad('a time that no number holds', { ...right, created_at: 2 ** 53 }),
      bad('a kind of 17 bits', { ...right, kind: 65_536 }),
      bad('a negative kind', { ...right, kind: -1 }),
      bad('content that is no text', { ...right, content: null }),
      bad('content with half a character', { ...right, content: '\ud83d' }),
      bad('tags that are no list', { ...right, tags: {} }),
      bad('a tag that is no list', { ...right, tags: ['e'] }),
      bad('a number in a tag', { ...right, tags: [['e', 1]] }),
      bad('half a character in a tag', { ...right, tags: [['t', '\udf89']] }),
    ],
  }
}

const P = 2n ** 256n - 2n ** 32n - 977n
const N = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n
const hex32 = (value: bigint): string => value.toString(16).padStart(64, '0')

/** Signatures of BIP-340 that are right, and those that every verifier has to refuse. */
export function schnorrFile(): VectorFile {
  const sign = (name: string, key: Uint8Array, hash: Uint8Array, aux = NO_AUX) => ({
    name,
    key: toHex(schnorr.getPublicKey(key)),
    hash: toHex(hash),
    signature: toHex(schnorr.sign(hash, key, aux)),
  })
  const one = sign('one', alice, digest('message'))
  const [r, s] = [one.signature.slice(0, 64), one.signature.slice(64)]
  const negated = hex32(N - BigInt(`0x${s}`))
  const three = new Uint8Array(32)
  three[31] = 3
  return {
    description: 'Signatures of BIP-340 over 32 bytes, by x-only keys: right ones, and those that every verifier refuses.',
    valid: [
      one,
      sign('with other random bytes', alice, digest('message'), digest('aux')),
      sign('by a key of a small number', three, digest('message')),
      sign('over zeros', bob, new Uint8Array(32)),
      sign('over ones', bob, new Uint8Array(32).fill(255)),
      ...Array.from({ length: 8 }, (_, i) => sign(`of key ${i}`, digest(`nostr key ${i}`), digest(`message ${i}`))),
    ],
    invalid: [
      { ...one, name: 'over another hash', hash: toHex(digest('another')) },
      { ...one, name: 'by another key', key: bobPub },
      { ...one, name: 's negated', signature: r + negated },
      { ...one, name: 's of zero', signature: r + hex32(0n) },
      { ...one, name: 's of the order of the group', signature: r + hex32(N) },
      { ...one, name: 's beyond the order', signature: r + hex32(2n ** 256n - 1n) },
      { ...one, name: 'r of zero', signature: hex32(0n) + s },
      { ...one, name: 'r of the size of the field', signature: hex32(P) + s },
      { ...one, name: 'r that is on no curve', signature: hex32(5n) + s },
      { ...one, name: 'r and s of zero: the point at infinity', signature: hex32(0n) + hex32(0n) },
      { ...one, name: 'a key of zero', key: hex32(0n) },
      { ...one, name: 'a key that is on no curve', key: hex32(5n) },
      { ...one, name: 'a key of the size of the field', key: hex32(P) },
      { ...one, name: 'a key beyond the field', key: hex32(P + 1n) },
      { ...one, name: 'a bit of r turned', signature: toHex(Uint8Array.from(Buffer.from(one.signature, 'hex'), (byte, i) => (i === 7 ? byte ^ 1 : byte))) },
      { ...one, name: 'r and s exchanged', signature: s + r },
    ].map((bad) => ({ ...bad, reason: 'bad-signature' })),
  }
}

