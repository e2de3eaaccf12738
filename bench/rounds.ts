import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import type { Figures } from './local.ts'

/** Rounds of each measurement, each in a process of its own; the table shows medians. Lookups are several in one. */
export const ROUNDS = 3

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
  ['a log of 10,000 acts verified, processor time, s', '≤ 1.5'],
  ['members beside owner, ×', '≤ 1.15'],
  ['judged again, a device was revoked, s', '≤ 2'],
  ['judged again, a role has ended, s', '≤ 2'],
  ['judged again, 2,000 records go, s', '≤ 2'],
  ['slowest document, read after two were killed, ms', '≤ 5,000'],
  ['moved for repair, by what was lost, ×', '≤ 1.3'],
])

/** What a file may take above what the process has, MiB. */
const MEMORY_AIM = '≤ 95'
const REACH_AIM = '≤ 1'

/** Measures in processes of their own, one after another, and prints the medians. */
export function measureRounds(title: string, { what, argument = '', rounds = ROUNDS }: { what: string; argument?: string; rounds?: number }): void {
  printTable(
    title,
    Array.from({ length: rounds }, () => measure(what, argument)),
  )
}

function measure(what: string, argument: string): Figures {
  const program = fileURLToPath(new URL('./measure.ts', import.meta.url))
  const { stdout, status } = spawnSync(process.execPath, ['--conditions=@p2p-docstore/source', program, what, argument], {
    encoding: 'utf8',
    // What takes long says there how far it is.
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  if (status !== 0) throw new Error(`The measurement ${what} ${argument} failed`)
  return JSON.parse(stdout) as Figures
}

function printTable(title: string, rounds: readonly Figures[]): void {
  console.log(`| ${title.padEnd(44)} | median | least – most | aim |\n| --- | ---: | ---: | ---: |`)
  for (const name of Object.keys(rounds[0] ?? {})) {
    const values = rounds.map((figures) => figures[name] ?? Number.NaN).toSorted((a, b) => a - b)
    const median = values[values.length >> 1] ?? Number.NaN
    console.log(`| ${name.padEnd(44)} | ${show(median)} | ${show(values[0] ?? Number.NaN)} – ${show(values.at(-1) ?? Number.NaN)} | ${aimOf(name)} |`)
  }
  console.log()
}

function aimOf(name: string): string {
  return AIMS.get(name) ?? (name.startsWith('connected,') ? REACH_AIM : name.includes('at most above') ? MEMORY_AIM : '')
}

function show(value: number): string {
  return value >= 1000 ? Math.round(value).toLocaleString('en') : value >= 10 ? value.toFixed(1) : value.toFixed(3)
}
