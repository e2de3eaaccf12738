/** Hash, key and signature of a check, one after another, and what BIP-340 says of it. */
export interface KnownCheck {
  readonly bytes: Uint8Array
  readonly isRight: boolean
}

const HASH = '0'.repeat(64)
const KEY = 'f9308a019258c31049344f85f89d5229b531c845836f99b08601f113bce036f9'
const SIGNATURE = 'e907831f80848d1069a5371b402410364bdf1c5f8307b0084c55f1ce2dca821525f66a4a85ea8b71e482a74f382d2ce5ebeee8fdb2172f477df4900d310536c0'
/** Test vector 5 of BIP-340: on no curve. */
const NO_KEY = 'eefdea4cdb677750a420fee807eacf21eb9898ae79b9768766e4faa04a2d4a34'

/** What any engine has to know: the first test vector of BIP-340, and what is wrong about it in one place each. */
export const KNOWN_CHECKS: readonly KnownCheck[] = [
  known(HASH, KEY, SIGNATURE, true),
  known(HASH.replace('0', '1'), KEY, SIGNATURE, false),
  known(HASH, NO_KEY, SIGNATURE, false),
  known(HASH, KEY, SIGNATURE.replace('e9', 'e8'), false),
  known(HASH, KEY, SIGNATURE.slice(0, 126) + 'c1', false),
  known(HASH, KEY, 'f'.repeat(128), false),
]

function known(hash: string, key: string, signature: string, isRight: boolean): KnownCheck {
  return { bytes: new Uint8Array(Buffer.from(hash + key + signature, 'hex')), isRight }
}
