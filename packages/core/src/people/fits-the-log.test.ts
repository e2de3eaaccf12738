import { expect, it } from 'vitest'
import { cidOf, DAG_CBOR } from '../model/encoding/cid.ts'
import { identityFromSeed } from '../model/keys/identity.ts'
import { decodeAct, signAct, signDevice } from '../model/people/act.ts'
import { createPerson, keyCommitment } from '../model/people/person.ts'
import { recoveryCommitment, recoveryKey } from './keys/recovery-key.ts'
import { proveDevice } from './pairing/device-proof.ts'

const device = identityFromSeed(new Uint8Array(32).fill(1))
const fresh = identityFromSeed(new Uint8Array(32).fill(2))
const recovery = recoveryKey(new Uint8Array(32).fill(3))
const person = createPerson({ device, recovery: recovery.author, nonce: new Uint8Array(16) })

it('what a genesis says of the recovery key is what words give', () => {
  expect(recoveryCommitment(recovery)).toEqual(person.genesis.recovery)
  expect(recoveryCommitment(recovery)).toEqual(keyCommitment(recovery.author))
})

it('the proof of a pairing is the one that the act needs which adds the device', async () => {
  const proof = proveDevice(person.digest, fresh)
  expect(proof).toEqual(signDevice(cidOf(DAG_CBOR, person.digest), fresh))
  const act = signAct({ log: person.cid, parents: [], at: 1, do: { type: 'add', key: fresh.author, label: 'phone', proof } }, device)
  expect(await decodeAct(act.bytes, act.signature)).toMatchObject({ ok: true })
})
