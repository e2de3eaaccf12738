import { fileURLToPath } from 'node:url'
import { runAgainst } from './against/against.ts'
import { parseOptions, USAGE, type Wanted } from './options.ts'
import { runQueries } from './queries-main.ts'
import { measureRounds, ROUNDS } from './rounds.ts'
import { runProgram } from './run-program.ts'

const SIZES = [10_000, 100_000]
const RELAYS = [10, 30, 60]

const wanted = read(process.argv.slice(2))
if (wanted === undefined) process.exitCode = 1
else await run(wanted)

/** What is wanted; `undefined`, with a sentence on standard error, where that is not clear. */
function read(words: readonly string[]): Wanted | undefined {
  try {
    return parseOptions(words)
  } catch (error) {
    if (!(error instanceof TypeError || error instanceof RangeError)) throw error
    console.error(`${error.message}\nSee npm run bench -- --help`)
    return undefined
  }
}

async function run(wanted: Wanted): Promise<void> {
  switch (wanted.benchmark) {
    case 'help':
      return console.log(USAGE)
    case 'against':
      return runAgainst(wanted.hash, wanted)
    case 'peers':
      // They are a program of their own: they have their own packages.
      return runProgram(process.execPath, [fileURLToPath(new URL('./peers/main.ts', import.meta.url)), ...wanted.words])
    case 'nostr':
      return runProgram(process.execPath, [
        '--conditions=@p2p-docstore/source',
        fileURLToPath(new URL('./nostr/main.ts', import.meta.url)),
        ...wanted.words,
      ])
    case 'queries':
      return runQueries(wanted)
    case 'browser':
      return measureRounds('10,000 documents into Chromium, WebSocket', { what: 'browser', argument: '10000' })
    case 'reach':
      return measureRounds('First connection, from an open store', { what: 'reach', rounds: 1 })
    case 'network':
      measureRounds('A fresh client on one relay', { what: 'clients' })
      for (const count of RELAYS) measureRounds('Who keeps a namespace, by Kademlia', { what: 'lookups', argument: String(count), rounds: 1 })
      return
    case 'beside-queries':
      return measureRounds('Clients of a relay whose documents others search, 200,000 of them', { what: 'beside-queries', rounds: 1 })
    case 'files':
      measureRounds('A file of 1 GiB, in one process', { what: 'file', argument: '1024', rounds: 1 })
      return measureRounds('A file of 1 GiB through a relay, three processes', { what: 'file-between', argument: '1024', rounds: 1 })
    case 'storage':
      return runProgram(process.execPath, ['--conditions=@p2p-docstore/source', fileURLToPath(new URL('./measure.ts', import.meta.url)), 'storage'])
    case 'hostile':
      measureRounds('An honest pair beside a key that writes much, by turns', { what: 'busy-key', rounds: 1 })
      return measureRounds('An honest pair on a relay under attack', { what: 'hostile' })
    case 'crowd':
      return measureRounds('A relay with 10,000 namespaces and 1,000 clients', { what: 'crowd', rounds: 1 })
    case 'people':
      measureRounds('A long log in Chromium; authors judged', { what: 'people' })
      measureRounds('Fifty members, processor time', { what: 'people-sync' })
      return measureRounds('A profile by the name of its person, a relay in between', { what: 'profile-by-name' })
    case 'placement':
      return measureRounds('Seven relays, three copies; two are killed, one of them with its disk', {
        what: 'placement',
        argument: JSON.stringify({ count: wanted.namespaces, cities: wanted.cities }),
        rounds: 1,
      })
    case 'local':
      console.log(
        `Node ${process.version}, ${ROUNDS} rounds each, median (least – most). Documents of 300 bytes; durability: safe when the process is killed.\n`,
      )
      for (const size of SIZES) measureRounds(`${size.toLocaleString('en')} documents`, { what: 'local', argument: String(size) })
      return measureRounds('Floors of this machine', { what: 'floors' })
  }
}
