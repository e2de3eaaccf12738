import type { Plugin } from 'rolldown'

/** What stands in browsers for the curve of Bitcoin's keys: no peer of ours has such a key, and its code is a tenth of all cryptography. */
const NO_SECP256K1 = `
const refuse = () => {
  throw new Error('Only ed25519 keys are known here')
}
export const secp256k1 = { sign: refuse, verify: refuse, keygen: refuse, getPublicKey: refuse, utils: { randomSecretKey: refuse }, Point: { fromBytes: refuse } }
`

/** For Vite and Rolldown: leaves out of browsers what libp2p would take along and never calls there, some 15 KiB compressed. */
export function slimLibp2p(): Plugin {
  const noSecp256k1 = '\0no-secp256k1'
  return {
    name: 'slim-libp2p',
    resolveId: (source) => (source === '@noble/curves/secp256k1.js' ? noSecp256k1 : undefined),
    load: (id) => (id === noSecp256k1 ? NO_SECP256K1 : undefined),
    transform: (code, id) => (id.endsWith('/@libp2p/gossipsub/dist/src/metrics.js') ? withoutMetrics(code) : undefined),
  }
}

/** GossipSub's metrics are made where a collector for them is given; only their words are used without one. */
function withoutMetrics(code: string): string {
  const [words, rest] = code.split('export function getMetrics(')
  if (rest === undefined) throw new Error('GossipSub has its metrics elsewhere now: look at scripts/slim-libp2p.js')
  return `${words}export function getMetrics() {\n  throw new Error('There are no metrics in browsers')\n}\n`
}
