import { hashes, schnorr } from '@noble/secp256k1'
import { sha256 } from '#crypto'

// A file of its own, with nothing in it that the page's connections have too: what both share, every visitor would load.
hashes.sha256 = (message) => Uint8Array.from(sha256(message))

export { schnorr }
