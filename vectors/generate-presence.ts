import { createHash } from 'node:crypto'
import { toHex } from '../packages/core/src/model/bytes.ts'
import { encodeCbor } from '../packages/core/src/model/encoding/cbor.ts'
import { identityFromSeed } from '../packages/core/src/model/keys/identity.ts'
import { packSigned } from '../packages/core/src/model/keys/signed.ts'
import { createNetwork } from '../packages/core/src/model/network/network.ts'
import { type PresenceWord, sayPresence } from '../packages/docstore/src/store/presence/presence-word.ts'
import type { VectorFile } from './vector-file.ts'

const digest = (text: string): Uint8Array => Uint8Array.from(createHash('sha256').update(`docstore vectors: ${text}`).digest())
const [device, thief] = [identityFromSeed(digest('alice')), identityFromSeed(digest('bob'))]
const network = createNetwork('Presence', { nonce: digest('presence nonce').slice(0, 16) })
const AT = Date.UTC(2026, 0, 1)

/** What devices say of being in a place: texts of messages, with what they mean, or what is wrong with them. */
export function presenceFile(): VectorFile {
  const fields: Omit<PresenceWord, 'by'> = {
    place: 'room',
    peer: '12D3KooWBmwkafWE2fqfzS96VoTZgpGp6aJsF4N8rzFvGzYr6v3s',
    person: digest('person alice'),
    at: AT,
    here: true,
    note: null,
  }
  const struct = { v: 1, t: 'presence', net: network.cid, ...fields, by: device.author }
  const sign = (value: Readonly<Record<string, unknown>>, as = device): string => {
    const bytes = encodeCbor(value)
    const signature = as.sign('presence', Uint8Array.from(createHash('sha256').update(bytes).digest()))
    return Buffer.from(packSigned({ bytes, signature })).toString('base64url')
  }
  const good = (name: string, change: Partial<PresenceWord> = {}) => {
    const { person, ...word } = { ...fields, ...change }
    return { name, text: sayPresence({ ...word, person }, network, device), word: { ...word, person: person && toHex(person), by: toHex(device.author) } }
  }
  const bad = (name: string, text: string, reason = 'malformed') => ({ name, text, reason })
  const right = sign(struct)
  return {
    description: 'Texts of messages of the topic of a place: what a device says of being there, and what is wrong with others.',
    context: { network: toHex(network.bytes) },
    valid: [
      good('somebody is here'),
      good('a key that is nobody’s', { person: null }),
      good('with a note', { note: 'Réading 名前 🎉' }),
      good('gone', { here: false, at: AT + 1 }),
      good('the longest place', { place: 'x'.repeat(119) }),
      good('the longest note', { note: 'x'.repeat(128) }),
    ],
    invalid: [
      bad('no base64url', 'room+here'),
      bad('padded', `${right}=`),
      bad('no structure', Buffer.from(encodeCbor([new Uint8Array(3), new Uint8Array(64)])).toString('base64url')),
      bad('one signature short', Buffer.from(encodeCbor([encodeCbor(struct)])).toString('base64url')),
      bad('too large', 'A'.repeat(2049), 'too-large'),
      bad('a field more', sign({ ...struct, more: 1 })),
      bad('another version', sign({ ...struct, v: 2 })),
      bad('another type', sign({ ...struct, t: 'name-claim' })),
      bad('an empty place', sign({ ...struct, place: '' })),
      bad('a place of 120 characters', sign({ ...struct, place: 'x'.repeat(120) })),
      bad('a person of 31 bytes', sign({ ...struct, person: fields.person?.subarray(1) })),
      bad('a negative time', sign({ ...struct, at: -1 })),
      bad('an empty note', sign({ ...struct, note: '' })),
      bad('a note of 129 characters', sign({ ...struct, note: 'x'.repeat(129) })),
      bad('a note that turns writing around', sign({ ...struct, note: 'al\u202eice' })),
      bad('a note of two lines', sign({ ...struct, note: 'two\nlines' })),
      bad('of another network', sign({ ...struct, net: createNetwork('Other', { nonce: new Uint8Array(16) }).cid }), 'wrong-network'),
      bad('a key that is none', sign({ ...struct, by: new Uint8Array(34) }), 'bad-key'),
      bad('signed by another key', sign(struct, thief), 'bad-signature'),
    ],
  }
}
