import type { Plugin } from 'rolldown'

/** A way to leave something out of a module. It throws where the module has changed, so that nothing is cut in the wrong place. */
interface Cut {
  readonly module: RegExp
  readonly cut: (code: string, id: string) => string
}

const CUTS: readonly Cut[] = [
  // libp2p's code for kinds of keys that no peer of ours has: all are ed25519.
  { module: /\/@libp2p\/crypto\/dist\/src\/keys\/(rsa\/der|(rsa|ecdsa|secp256k1)\/utils)\.js$/, cut: refusing },
  { module: /\/@libp2p\/gossipsub\/dist\/src\/metrics\.js$/, cut: withoutMetrics },
  { module: /\/@libp2p\/gossipsub\/dist\/src\/gossipsub\.js$/, cut: withoutScrape },
  { module: /\/(@libp2p\/[\w-]+|libp2p)\/dist\/src\/.*\.js$/, cut: withoutStreamDecoders },
  { module: /\/@multiformats\/dns\/dist\/src\/index\.js$/, cut: askingDnsLater },
  { module: /\/libp2p\/dist\/src\/connection-manager\/reconnect-queue\.js$/, cut: retryingLater },
  { module: /\/libp2p\/dist\/src\/connection-monitor\.js$/, cut: withoutMonitor },
  { module: /\/@libp2p\/utils\/dist\/src\/private-ip\.js$/, cut: withOneNetmask },
  { module: /\/@libp2p\/gossipsub\/dist\/src\/score\/message-deliveries\.js$/, cut: withPlainQueue },
  { module: /\/@libp2p\/crypto\/dist\/src\/keys\/ed25519\/index\.browser\.js$/, cut: withSmallEd25519 },
  { module: /\/@noble\/curves\/ed25519\.js$/, cut: withOneCurve },
  { module: /\/@libp2p\/utils\/dist\/src\/filters\/index\.js$/, cut: withPlainFilter },
  { module: /\/multiformats\/dist\/src\/basics\.js$/, cut: withoutEmoji },
  { module: /\/weald\/dist\/src\/(browser|common)\.js$/, cut: withPlainTimes },
  { module: /\/@libp2p\/webrtc\/dist\/src\/private-to-private\/initiate-connection\.js$/, cut: closingLater },
]

/** How long the channel with which a connection of two browsers begins stays open once it is, milliseconds. */
const OPEN_MS = 50

/** For Vite and Rolldown: leaves out of browsers what libp2p would take along and never needs there, some 30 KiB compressed. */
export function slimLibp2p(): Plugin {
  return {
    name: 'slim-libp2p',
    transform: (code, id) => {
      const cuts = CUTS.filter(({ module }) => module.test(id))
      const slim = cuts.reduce((slim, { cut }) => cut(slim, id), code)
      return slim === code ? undefined : slim
    },
  }
}

/** The same functions, which refuse. */
function refusing(code: string, id: string): string {
  const names = [...code.matchAll(/^export (?:async )?function (\w+)/gm)].map(([, name]) => name)
  if (names.length === 0) throw changed(id)
  const refuse = `const refuse = () => {\n  throw new Error('Only ed25519 keys are known here')\n}\n`
  return refuse + names.map((name) => `export const ${name} = refuse\n`).join('')
}

/** GossipSub's metrics are made where a collector for them is given; only their words are used without one. */
function withoutMetrics(code: string, id: string): string {
  const [words, rest] = code.split('export function getMetrics(')
  if (rest === undefined) throw changed(id)
  return `${words}export function getMetrics() {\n  throw new Error('There are no metrics in browsers')\n}\n`
}

/** What gathers them goes too. */
function withoutScrape(code: string, id: string): string {
  const slim = code.replace(/^( *)onScrapeMetrics\(metrics\) \{\n[^]*?\n\1\}\n/m, '$1onScrapeMetrics() {}\n')
  if (slim === code) throw changed(id)
  return slim
}

/** It is switched off: connections have a monitor of ours. */
function withoutMonitor(code: string, id: string): string {
  if (!code.includes('export class ConnectionMonitor {')) throw changed(id)
  return 'export class ConnectionMonitor {}\n'
}

/** Each kind of message has a second decoder, which yields its fields one by one. libp2p never calls it. */
function withoutStreamDecoders(code: string, id: string): string {
  if (!code.includes(" from 'protons-runtime'")) return code
  const slim = code
    .replace(/^( *)\}, function\* \(reader, length, prefix, opts = \{\}\) \{\n[^]*?\n\1\}\);$/gm, '$1});')
    .replace(/^( *)function stream\(buf, opts\) \{\n[^]*?\n\1\}\n\1[\w.$]+\.stream = stream;\n/gm, '')
  if (/function\*|streamMessage\(/.test(slim)) throw changed(id)
  return slim
}

/** Only addresses that begin with `/dnsaddr` are asked for, and hardly anybody has them. */
function askingDnsLater(code: string, id: string): string {
  const begin = 'import { DNS as DNSClass } from "./dns.js";\n'
  const end = '    return new DNSClass(init);\n'
  if (!code.includes(begin) || !code.includes(end)) throw changed(id)
  return code
    .replace(begin, '')
    .replace(end, '    let dns;\n    return { query: async (...query) => (dns ??= new (await import("./dns.js")).DNS(init)).query(...query) };\n')
}

/** Links come back in our own way (`reconnectRetries: 0`). */
function retryingLater(code: string, id: string): string {
  const begin = "import pRetry from 'p-retry';\n"
  const call = 'await pRetry('
  if (!code.includes(begin) || !code.includes(call)) throw changed(id)
  return code.replace(begin, '').replace(call, "await (await import('p-retry')).default(")
}

/** The same of another library, which libp2p takes along too. */
function withOneNetmask(code: string, id: string): string {
  const begin = "import { Netmask } from 'netmask';\n"
  if (!code.includes(begin)) throw changed(id)
  return code.replace(begin, "import { IpNet as Netmask } from '@chainsafe/netmask';\n")
}

/** GossipSub queues the messages of two minutes: in a browser, an array does it too. */
function withPlainQueue(code: string, id: string): string {
  const begin = "import Denque from 'denque';\n"
  const uses = [...code.matchAll(/\bqueue\.(\w+)/g)].map(([, name]) => name)
  if (!code.includes(begin) || !uses.every((name) => name !== undefined && ['push', 'shift', 'peekFront', 'clear'].includes(name))) throw changed(id)
  return code.replace(begin, 'class Denque extends Array {\n  peekFront() {\n    return this[0]\n  }\n  clear() {\n    this.length = 0\n  }\n}\n')
}

/** The core has a smaller library of the same author for that, with the same functions. */
function withSmallEd25519(code: string, id: string): string {
  const begin = "import { ed25519 as ed } from '@noble/curves/ed25519.js';\n"
  const uses = [...code.matchAll(/\bed\.([\w.]+)/g)].map(([, name]) => name)
  if (
    !code.includes(begin) ||
    !uses.every((name) => name !== undefined && ['utils.randomSecretKey', 'getPublicKey', 'sign', 'verify'].includes(name))
  )
    throw changed(id)
  return code.replace(begin, "import * as ed from '@noble/ed25519';\nimport { sha512 } from '@noble/hashes/sha2.js';\ned.hashes.sha512 = sha512;\n")
}

/** Its public keys can be made through a second curve, with tables that take longer to make than the few keys of a browser. Without that, RFC 7748's way makes the same. */
function withOneCurve(code: string, id: string): string {
  const slim = code.replace(/^( *)scalarMultBase: \(k\) => \{\n[^]*?\n\1\},\n/m, '')
  if (slim === code) throw changed(id)
  return slim
}

/** Peers and addresses that were seen: in a browser they are few, and a set knows them too. */
function withPlainFilter(code: string, id: string): string {
  const names = [...code.matchAll(/export \{ (.+?) \} from/g)].flatMap(([, names]) => names?.split(', ') ?? [])
  if (names.filter((name) => name.startsWith('create')).join() !== 'createBloomFilter,createCuckooFilter,createScalableCuckooFilter')
    throw changed(id)
  return `class Seen {
  #items = new Set()
  #max
  constructor(max) {
    this.#max = max
  }
  get count() {
    return this.#items.size
  }
  has(item) {
    return this.#items.has(String(item))
  }
  add(item) {
    this.#items.add(String(item))
    if (this.#items.size > this.#max) this.#items.delete(this.#items.values().next().value)
    return true
  }
  remove(item) {
    return this.#items.delete(String(item))
  }
}
export const createScalableCuckooFilter = (max) => new Seen(max)
`
}

/** Nobody writes hashes as emoji. */
function withoutEmoji(code: string, id: string): string {
  const begin = 'import * as base256emoji from "./bases/base256emoji.js";\n'
  const use = ', ...base256emoji }'
  if (!code.includes(begin) || !code.includes(use)) throw changed(id)
  return code.replace(begin, '').replace(use, ' }')
}

/** The log of libp2p says `+90000ms`, and not `+2m`. */
function withPlainTimes(code: string, id: string): string {
  const begin = "import { ms as humanize } from 'ms';\n"
  if (!code.includes(begin)) throw changed(id)
  return code.replace(begin, 'const humanize = (ms) => `${ms}ms`;\n')
}

function changed(id: string): Error {
  return new Error(`${id} has changed: look at scripts/slim-libp2p.ts`)
}

/**
 * Nothing is left out here: between two browsers libp2p closes the first channel in the moment in which it opens. Firefox, where Chromium has done so, never
 * answers that, or never notices the next channel of that number, in about half of all cases (`findings/data-channel-closed-at-once.sh`).
 */
function closingLater(code: string, id: string): string {
  const later = code.replace(/^( *)channel\.close\(\);$/m, `$1await new Promise((resolve) => setTimeout(resolve, ${OPEN_MS}));\n$&`)
  if (later === code) throw changed(id)
  return later
}
