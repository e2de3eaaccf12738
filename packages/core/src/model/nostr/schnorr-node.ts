export { schnorr } from '@noble/curves/secp256k1.js'
