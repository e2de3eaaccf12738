import type { Plugin } from 'rolldown'

/** libp2p's code for kinds of keys that no peer of ours has: all are ed25519. */
const OTHER_KEYS = /\/@libp2p\/crypto\/dist\/src\/keys\/(rsa|ecdsa|secp256k1)\/utils\.js$/
const METRICS = /\/@libp2p\/gossipsub\/dist\/src\/metrics\.js$/

/** For Vite and Rolldown: leaves out of browsers what libp2p would take along and never needs there, some 15 KiB compressed. */
export function slimLibp2p(): Plugin {
  return {
    name: 'slim-libp2p',
    transform: (code, id) => {
      if (OTHER_KEYS.test(id)) return refusing(code, id)
      return METRICS.test(id) ? withoutMetrics(code) : undefined
    },
  }
}

/** The same functions, which refuse. */
function refusing(code: string, id: string): string {
  const names = [...code.matchAll(/^export (?:async )?function (\w+)/gm)].map(([, name]) => name)
  if (names.length === 0) throw new Error(`${id} has changed: look at scripts/slim-libp2p.ts`)
  const refuse = `const refuse = () => {\n  throw new Error('Only ed25519 keys are known here')\n}\n`
  return refuse + names.map((name) => `export const ${name} = refuse\n`).join('')
}

/** GossipSub's metrics are made where a collector for them is given; only their words are used without one. */
function withoutMetrics(code: string): string {
  const [words, rest] = code.split('export function getMetrics(')
  if (rest === undefined) throw new Error('GossipSub has its metrics elsewhere now: look at scripts/slim-libp2p.ts')
  return `${words}export function getMetrics() {\n  throw new Error('There are no metrics in browsers')\n}\n`
}
