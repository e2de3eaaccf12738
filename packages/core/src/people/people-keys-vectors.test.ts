import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { peopleKeysFile } from '../../../../vectors/generate-people-keys.ts'
import { vectorText } from '../../../../vectors/vector-file.ts'
import { errorCode } from '../errors.ts'
import { toHex } from '../model/bytes.ts'
import { personNonce } from '../model/people/person.ts'
import { checkCode, commitmentOf } from './pairing/check-code.ts'
import { isDeviceProof } from './pairing/device-proof.ts'
import { decodePairingRequest, decodePairingResponse, encodePairing, type PairingRequest, type PairingResponse } from './pairing/messages.ts'
import { decodeLockedSeed, unlockSeed } from './keys/locked-seed.ts'
import { recoveryCommitment, recoveryKey } from './keys/recovery-key.ts'
import { seedOfWords, wordsOfSeed } from './keys/words.ts'

const text = readFileSync(new URL('../../../../vectors/people-keys.json', import.meta.url), 'utf8')
const { valid, invalid }: { valid: Record<string, string>[]; invalid: Record<string, string>[] } = JSON.parse(text)
const bytesOf = (hex = ''): Uint8Array => Uint8Array.from(Buffer.from(hex, 'hex'))

describe('vectors of people’s keys', () => {
  it('are what is written today', async () => {
    expect(vectorText(await peopleKeysFile())).toBe(text)
  })

  it('are read', async () => {
    for (const vector of valid) {
      const { kind, seed, words = '', key, commitment, passphrase = '', bytes } = vector
      if (kind === 'locked') expect(toHex(await unlockSeed(bytesOf(bytes), passphrase))).toBe(seed)
      else if (kind === 'nonce') expect(toHex(personNonce(bytesOf(seed), bytesOf(key)))).toBe(vector['nonce'])
      else if (kind === 'words') {
        expect(toHex(seedOfWords(words))).toBe(seed)
        expect(wordsOfSeed(bytesOf(seed)).join(' ')).toBe(words)
        expect(toHex(recoveryKey(bytesOf(seed)).author)).toBe(key)
        expect(toHex(recoveryCommitment(recoveryKey(bytesOf(seed))))).toBe(commitment)
      } else if (kind === 'pairing') await expectPairing(vector)
      else expect(toHex(encodePairing(messageOf(kind, bytes)))).toBe(bytes)
    }
  })

  it('are refused for what is wrong with them', async () => {
    for (const { name, kind, words = '', passphrase = '', bytes, reason } of invalid) {
      if (kind === 'words') expect(() => seedOfWords(words), name).toThrow(expect.objectContaining({ code: reason }))
      else if (kind === 'locked') {
        const form = decodeLockedSeed(bytesOf(bytes))
        const code = form.ok ? await unlockSeed(bytesOf(bytes), passphrase).catch(errorCode) : form.reason
        expect(code, name).toBe(reason)
      } else {
        const decode = kind === 'request' ? decodePairingRequest : decodePairingResponse
        expect(decode(bytesOf(bytes)), name).toEqual({ ok: false, reason })
      }
    }
  })
})

async function expectPairing(vector: Record<string, string>): Promise<void> {
  const [session, person, key, proof] = ['session', 'person', 'key', 'proof'].map((name) => bytesOf(vector[name])) as [
    Uint8Array,
    Uint8Array,
    Uint8Array,
    Uint8Array,
  ]
  const guest = { nonce: bytesOf(vector['nonce']), key, label: vector['label'] ?? '' }
  const { hostPeer = '', guestPeer = '', hostKey, hostNonce } = vector
  expect(toHex(commitmentOf(session, guest))).toBe(vector['commit'])
  expect(await isDeviceProof(person, key, proof)).toBe(true)
  const transcript = { session, hostPeer, guestPeer, person, hostKey: bytesOf(hostKey), hostNonce: bytesOf(hostNonce), guest }
  expect(checkCode(transcript)).toBe(vector['code'])
}

function messageOf(kind: string | undefined, bytes: string | undefined): PairingRequest | PairingResponse {
  const read = kind === 'request' ? decodePairingRequest(bytesOf(bytes)) : decodePairingResponse(bytesOf(bytes))
  if (!read.ok) throw new Error(read.reason)
  return read.value
}
