import { createHash } from 'node:crypto'
import { toHex } from '../packages/core/src/model/bytes.ts'
import { decodeCbor, encodeCbor } from '../packages/core/src/model/encoding/cbor.ts'
import { personNonce } from '../packages/core/src/model/people/person.ts'
import type { Random } from '../packages/core/src/model/keys/random.ts'
import { lockSeed } from '../packages/core/src/people/keys/locked-seed.ts'
import { recoveryCommitment, recoveryKey } from '../packages/core/src/people/keys/recovery-key.ts'
import { wordsOfSeed } from '../packages/core/src/people/keys/words.ts'
import { checkCode, commitmentOf } from '../packages/core/src/people/pairing/check-code.ts'
import { proveDevice } from '../packages/core/src/people/pairing/device-proof.ts'
import { encodePairing, type PairingRequest, type PairingResponse } from '../packages/core/src/people/pairing/messages.ts'
import type { VectorFile } from './vector-file.ts'

const digest = (text: string): Uint8Array => Uint8Array.from(createHash('sha256').update(`docstore vectors: ${text}`).digest())

/** Bytes that only the label decides. */
function fixedRandom(label: string): Random {
  let count = 0
  return { next: () => 0, bytes: (length) => digest(`${label} ${count++}`).slice(0, length) }
}

function recovery(name: string, seed: Uint8Array) {
  const key = recoveryKey(seed)
  return { name, kind: 'words', seed: toHex(seed), words: wordsOfSeed(seed).join(' '), key: toHex(key.author), commitment: toHex(recoveryCommitment(key)) }
}

/** What shows that who began as a person had the recovery seed. */
function beginning(name: string) {
  const seed = digest(name)
  const device = recoveryKey(digest(`${name} device`)).author
  return { name, kind: 'nonce', seed: toHex(seed), key: toHex(device), nonce: toHex(personNonce(seed, device)) }
}

async function locked(name: string, passphrase: string, cost: number) {
  const seed = digest(name)
  return { name, kind: 'locked', seed: toHex(seed), passphrase, bytes: toHex(await lockSeed(seed, passphrase, { random: fixedRandom(name), cost })) }
}

/** A pairing: what both know, what the new device commits to, and the code. */
function pairing(name: string, label: string) {
  const device = recoveryKey(digest(`${name} device`))
  const session = digest(`${name} session`).slice(0, 16)
  const person = digest(`${name} person`)
  const guest = { nonce: digest(`${name} guest`), key: device.author, label }
  const known = { session, hostPeer: 'host', guestPeer: 'guest', person, hostKey: recoveryKey(digest('host')).author, hostNonce: digest('host nonce') }
  return {
    name,
    kind: 'pairing',
    session: toHex(session),
    hostPeer: known.hostPeer,
    guestPeer: known.guestPeer,
    person: toHex(person),
    hostKey: toHex(known.hostKey),
    hostNonce: toHex(known.hostNonce),
    nonce: toHex(guest.nonce),
    deviceSeed: toHex(digest(`${name} device`)),
    key: toHex(guest.key),
    label,
    commit: toHex(commitmentOf(session, guest)),
    proof: toHex(proveDevice(person, device)),
    code: checkCode({ ...known, guest }),
  }
}

function message(name: string, side: 'request' | 'response', value: PairingRequest | PairingResponse) {
  return { name, kind: side, bytes: toHex(encodePairing(value)) }
}

const session = digest('session').slice(0, 16)
const MESSAGES = [
  message('begin', 'request', { t: 'begin', session, commit: digest('commit') }),
  message('reveal', 'request', {
    t: 'reveal',
    session,
    nonce: digest('nonce'),
    key: recoveryKey(digest('device')).author,
    label: 'phone',
    proof: proveDevice(digest('person'), recoveryKey(digest('device'))),
  }),
  message('wait', 'request', { t: 'wait', session }),
  message('acts', 'request', { t: 'acts', session, from: 3 }),
  message('nonce', 'response', { t: 'nonce', nonce: digest('nonce'), key: recoveryKey(digest('host')).author, person: digest('person') }),
  message('waiting', 'response', { t: 'waiting' }),
  message('granted', 'response', { t: 'granted', genesis: digest('genesis'), count: 1 }),
  message('acts', 'response', { t: 'acts', acts: [digest('act')] }),
  message('error', 'response', { t: 'error', code: 'pairing-ended', message: 'The link has expired' }),
]
const badMessage = (name: string, side: 'request' | 'response', value: unknown, reason = 'malformed') => ({
  name,
  kind: side,
  bytes: toHex(encodeCbor(value)),
  reason,
})

/** Recovery words, locked seeds, and pairing. */
export async function peopleKeysFile(): Promise<VectorFile> {
  const bytes = await lockSeed(digest('changed'), 'one', { random: fixedRandom('changed'), cost: 14 })
  const decoded = decodeCbor(bytes, 1000)
  const fields = decoded.ok ? (decoded.value as Readonly<Record<string, unknown>>) : {}
  const changed = (name: string, change: Readonly<Record<string, unknown>>, reason: string) => ({
    name,
    kind: 'locked',
    passphrase: 'one',
    bytes: toHex(encodeCbor({ ...fields, ...change })),
    reason,
  })
  const words = wordsOfSeed(digest('words'))
  const misspelt = (name: string, text: string) => ({ name, kind: 'words', words: text, reason: 'bad-words' })
  return {
    description: 'Recovery words with the seed, the recovery key (multikey) and what a genesis says of it; the nonce of a genesis that is made with such a seed, by the key of a device; seeds of identities locked with a passphrase; pairing: commitment, proof and check code of what both devices know, and messages.',
    valid: [
      recovery('all bits 0', new Uint8Array(32)),
      recovery('all bits 1', new Uint8Array(32).fill(255)),
      recovery('any', digest('words')),
      beginning('who began'),
      await locked('ASCII', 'correct horse battery staple', 14),
      await locked('composed', 'Zürich'.normalize('NFC'), 14),
      await locked('decomposed', 'Zürich'.normalize('NFD'), 14),
      await locked('the cost that is written', 'one', 17),
      pairing('a phone', 'phone'),
      pairing('a device without a name', ''),
      ...MESSAGES,
    ],
    invalid: [
      misspelt('a word that is none', words.with(3, 'docstore').join(' ')),
      misspelt('wrong checksum', words.toReversed().join(' ')),
      misspelt('a word too few', words.slice(1).join(' ')),
      misspelt('half a key of BIP-39', `${'abandon '.repeat(11)}about`),
      changed('another passphrase', { salt: digest('salt').slice(0, 16) }, 'wrong-passphrase'),
      changed('another identity', { key: recoveryKey(digest('other')).author }, 'wrong-passphrase'),
      changed('another cost', { cost: 15 }, 'wrong-passphrase'),
      changed('too cheap', { cost: 13 }, 'unsupported'),
      changed('too dear', { cost: 19 }, 'unsupported'),
      changed('another version', { v: 2 }, 'unsupported'),
      changed('a short nonce', { nonce: new Uint8Array(12) }, 'malformed'),
      changed('a field more', { more: 1 }, 'malformed'),
      changed('a key of small order', { key: Uint8Array.of(0xed, 1, 1, ...new Uint8Array(31)) }, 'bad-key'),
      badMessage('a short session', 'request', { t: 'wait', session: session.slice(1) }),
      badMessage('a field more', 'request', { t: 'wait', session, more: 1 }),
      badMessage('a negative place', 'request', { t: 'acts', session, from: -1 }),
      badMessage('a short commitment', 'request', { t: 'begin', session, commit: new Uint8Array(31) }),
      badMessage('an answer that asks', 'response', { t: 'wait', session }),
      badMessage('a page without acts', 'response', { t: 'acts', acts: [] }),
      badMessage('more acts than any log has', 'response', { t: 'granted', genesis: digest('genesis'), count: 20_001 }),
      badMessage('too large for a message', 'request', { t: 'wait', session, more: new Uint8Array(50_000) }, 'too-large'),
      changed('too large', { sealed: new Uint8Array(600) }, 'too-large'),
    ],
  }
}
