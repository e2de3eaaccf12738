import { sha256 } from '#crypto'
import { encodeCbor } from '../../model/encoding/cbor.ts'
import { cidOf, DAG_CBOR } from '../../model/encoding/cid.ts'
import { type Identity, verifySignature } from '../../model/keys/identity.ts'

/** A device's proof that it wants to be one of this person's, for the act that adds it. `person` is the digest of the person's id. */
export function proveDevice(person: Uint8Array, device: Identity): Uint8Array {
  return device.sign('device', hashOf(person, device.author))
}

/** Whether a proof is that of this key, for this person. */
export async function isDeviceProof(person: Uint8Array, key: Uint8Array, proof: Uint8Array): Promise<boolean> {
  return verifySignature(key, 'device', hashOf(person, key), proof)
}

function hashOf(person: Uint8Array, key: Uint8Array): Uint8Array {
  return sha256(encodeCbor({ v: 1, t: 'device', person: cidOf(DAG_CBOR, person), key }))
}
