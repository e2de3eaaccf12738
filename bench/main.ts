import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { type Figures, measureLocal } from './local.ts'
import { measureFloors } from './floors.ts'
import { runQueries } from './queries-main.ts'
import { runProgram } from './run-program.ts'

/** Rounds of each measurement, each in a process of its own; the table shows medians. Lookups are several in one. */
const ROUNDS = 3
const SIZES = [10_000, 100_000]

/** What each figure aims at; the floors have none. */
const AIMS: ReadonlyMap<string, string> = new Map([
  ['put one by one, docs/s', '≥ 20,000'],
  ['update beside put again, ×', '≥ 0.7'],
  ['put in bulk, docs/s', '≥ 80,000'],
  ['get by id, /s', '≥ 150,000'],
  ['indexed equality, 100 results, ms', '≤ 0.25'],
  ['range + sort + limit 20, ms', '≤ 0.2'],
  ['reopen and read one, ms', '≤ 10'],
  ['disk, bytes per document', '≤ 550'],
  ['first sync, s', '≤ 2.5'],
])

/** What a file may take above what the process has, MiB. */
const MEMORY_AIM = '≤ 95'
const REACH_AIM = '≤ 1'

const [, , role, argument] = process.argv
if (role === 'local') console.log(JSON.stringify(await measureLocal(Number(argument))))
else if (role === 'floors') console.log(JSON.stringify(measureFloors()))
else if (role === 'browser') console.log(JSON.stringify(await (await import('./browser.ts')).measureBrowser(Number(argument))))
else if (role === 'reach') console.log(JSON.stringify(await (await import('./reach.ts')).measureReach()))
else if (role === 'reach-client') console.log(JSON.stringify(await (await import('./reach.ts')).measureFromClient(argument ?? '')))
else if (role === 'file') console.log(JSON.stringify(await (await import('./files.ts')).measureFile(Number(argument))))
else if (role === 'file-between') console.log(JSON.stringify(await (await import('./files-between.ts')).measureFileBetween(Number(argument))))
else if (role === 'hostile') console.log(JSON.stringify(await (await import('./hostile.ts')).measureHostile()))
else if (role === 'clients') console.log(JSON.stringify(await (await import('./network.ts')).measureClients()))
else if (role === 'documents-served') await (await import('./beside-queries.ts')).serveDocuments()
else if (role === 'beside-queries') console.log(JSON.stringify(await (await import('./beside-queries.ts')).measureBesideQueries()))
else if (role === 'lookups') console.log(JSON.stringify(await (await import('./network.ts')).measureLookups(Number(argument))))
else if (role === '--queries') await runQueries({ json: process.argv.includes('--json'), peers: !process.argv.includes('--no-peers') })
else if (role === '--peers') await runPeers(process.argv.slice(3))
else if (role === '--browser') printTable('10,000 documents into Chromium, WebSocket', runRounds('browser', '10000'))
else if (role === '--reach') printTable('First connection, from an open store', runRounds('reach', '', 1))
else if (role === '--network') {
  printTable('A fresh client on one relay', runRounds('clients', ''))
  for (const count of [10, 30, 60]) printTable('Who keeps a namespace, by Kademlia', runRounds('lookups', String(count), 1))
} else if (role === '--beside-queries')
  printTable('Clients of a relay whose documents others search, 200,000 of them', runRounds('beside-queries', '', 1))
else if (role === '--files') {
  printTable('A file of 1 GiB, in one process', runRounds('file', '1024', 1))
  printTable('A file of 1 GiB through a relay, three processes', runRounds('file-between', '1024', 1))
} else if (role === '--hostile') printTable('An honest pair on a relay under attack', runRounds('hostile', ''))
else {
  console.log(
    `Node ${process.version}, ${ROUNDS} rounds each, median (least – most). Documents of 300 bytes; durability: safe when the process is killed.\n`,
  )
  for (const size of SIZES) printTable(`${size.toLocaleString('en')} documents`, runRounds('local', String(size)))
  printTable('Floors of this machine', runRounds('floors', ''))
}

/** The peers are a program of their own: they have their own packages. */
async function runPeers(flags: readonly string[]): Promise<void> {
  await runProgram(process.execPath, [fileURLToPath(new URL('./peers/main.ts', import.meta.url)), ...flags])
}

function runRounds(what: string, size: string, rounds = ROUNDS): readonly Figures[] {
  return Array.from({ length: rounds }, () => {
    const { stdout, stderr, status } = spawnSync(
      process.execPath,
      ['--conditions=@p2p-docstore/source', fileURLToPath(import.meta.url), what, size],
      { encoding: 'utf8' },
    )
    if (status !== 0) throw new Error(`The measurement ${what} ${size} failed: ${stderr}`)
    return JSON.parse(stdout) as Figures
  })
}

function printTable(title: string, rounds: readonly Figures[]): void {
  console.log(`| ${title.padEnd(44)} | median | least – most | aim |\n| --- | ---: | ---: | ---: |`)
  for (const name of Object.keys(rounds[0] ?? {})) {
    const values = rounds.map((figures) => figures[name] ?? Number.NaN).toSorted((a, b) => a - b)
    const median = values[values.length >> 1] ?? Number.NaN
    console.log(
      `| ${name.padEnd(44)} | ${show(median)} | ${show(values[0] ?? Number.NaN)} – ${show(values.at(-1) ?? Number.NaN)} | ${AIMS.get(name) ?? (name.startsWith('connected,') ? REACH_AIM : name.includes('at most above') ? MEMORY_AIM : '')} |`,
    )
  }
  console.log()
}

function show(value: number): string {
  return value >= 1000 ? Math.round(value).toLocaleString('en') : value >= 10 ? value.toFixed(1) : value.toFixed(3)
}
