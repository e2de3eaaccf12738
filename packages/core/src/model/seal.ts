import type { CID } from './encoding/cid.ts'
import { encodeCbor } from './encoding/cbor.ts'
import { sha256 } from '#crypto'
import { type Identity, verifySignature } from './keys/identity.ts'
import { MAX_SEAL_RECORDS } from './limits.ts'
import { keyOf } from './people/author.ts'

/** One signature of one author over 1 to 64 record hashes, which lie one after another, 32 bytes each. */
export interface Seal {
  readonly by: Uint8Array
  readonly hashes: Uint8Array
  readonly signature: Uint8Array
}

/** Whether bytes are 1 to 64 hashes, one after another. */
export function isHashList(hashes: Uint8Array): boolean {
  return hashes.length > 0 && hashes.length % 32 === 0 && hashes.length <= MAX_SEAL_RECORDS * 32
}

/** sha-256 of the sealed structure `{v:1, t:"seal", net, hashes:[…]}`. */
function sealHash(net: CID, hashes: Uint8Array): Uint8Array {
  const list: Uint8Array[] = []
  for (let i = 0; i < hashes.length; i += 32) list.push(hashes.subarray(i, i + 32))
  return sha256(encodeCbor({ v: 1, t: 'seal', net, hashes: list }))
}

/** Seals 1 to 64 record hashes. */
export function createSeal(net: CID, hashes: Uint8Array, identity: Identity): Seal {
  if (!isHashList(hashes)) throw new RangeError(`a seal covers 1 to ${MAX_SEAL_RECORDS} hashes of 32 bytes`)
  return { by: identity.author, hashes, signature: identity.sign('seal', sealHash(net, hashes)) }
}

/** Whether a seal has the right shape and its author's signature. */
export function verifySeal(net: CID, { by, hashes, signature }: Seal, options: { aside?: boolean } = {}): boolean | Promise<boolean> {
  return isHashList(hashes) && verifySignature(keyOf(by), 'seal', sealHash(net, hashes), signature, options)
}

/** From so many seals on, other threads check them: for fewer, handing them over costs as much as it saves. */
const MANY_SEALS = 8

/** The same for each of several; `aside` allows other threads. */
export async function verifySeals(net: CID, seals: readonly Seal[], { aside }: { readonly aside: boolean }): Promise<readonly boolean[]> {
  return Promise.all(seals.map(async (seal) => verifySeal(net, seal, { aside: aside && seals.length >= MANY_SEALS })))
}
