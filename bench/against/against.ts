import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { checkOut, type Tree, workingTree } from './checkout.ts'

type Figures = Readonly<Record<string, number>>

/** Fewer pairs say nothing. */
export const MIN_PAIRS = 5
export const MAX_PAIRS = 50
/** First syncs of one turn, each in a process of its own; the median counts. */
const SYNCS = 3
/** Longest that one process may take, milliseconds. */
const TIMEOUT_MS = 300_000

/** The working tree beside a commit, by its hash: both in turn, in pairs, and the commit beside itself. Prints a table. */
export async function runAgainst(hash: string, { pairs, count }: { readonly pairs: number; readonly count: number }): Promise<void> {
  const here = workingTree()
  using there = checkOut(hash)
  const rounds: { readonly before: Figures; readonly now: Figures; readonly again: Figures }[] = []
  for (let i = 0; i < pairs; i++) {
    console.error(`Pair ${i + 1} of ${pairs} …`)
    // The one of now runs between two of the commit, each of which is its neighbour half the time: a drift of the machine meets all.
    const first = await measureTree(there, count)
    const now = await measureTree(here, count)
    const last = await measureTree(there, count)
    rounds.push(i % 2 === 0 ? { before: first, now, again: last } : { before: last, now, again: first })
  }
  const number = count.toLocaleString('en')
  console.log(
    `Node ${process.version}, ${number} documents of 300 bytes, ${pairs} pairs in turn, from sources; first sync of ${SYNCS} processes each.\n` +
      `Medians; the ratio is the median of the pairs (least – most), and noise the same of two runs of ${there.name}.\n`,
  )
  console.log(`| ${'work'.padEnd(44)} | ${there.name} | ${here.name} | ratio | noise |\n| --- | ---: | ---: | ---: | ---: |`)
  for (const name of Object.keys(rounds[0]?.now ?? {})) {
    const of = (which: 'before' | 'now' | 'again'): readonly number[] => rounds.map((round) => round[which][name] ?? Number.NaN)
    const [before, now, again] = [of('before'), of('now'), of('again')]
    console.log(`| ${name.padEnd(44)} | ${show(median(before))} | ${show(median(now))} | ${ratios(now, before)} | ${ratios(again, before)} |`)
  }
}

async function measureTree(tree: Tree, count: number): Promise<Figures> {
  const local = await figures(start(tree, ['local', String(count)]))
  const source = start(tree, ['source', String(count)])
  try {
    const { join, namespace } = JSON.parse(await firstLine(source)) as { join: string; namespace: string }
    const syncs: Figures[] = []
    for (let i = 0; i < SYNCS; i++) syncs.push(await figures(start(tree, ['receiver', String(count), join, namespace])))
    const names = Object.keys(syncs[0] ?? {})
    return { ...local, ...Object.fromEntries(names.map((name) => [name, median(syncs.map((sync) => sync[name] ?? Number.NaN))])) }
  } finally {
    source.stdin?.end()
    await ended(source)
  }
}

function start({ folder }: Tree, words: readonly string[]): ChildProcess {
  const flags = ['--conditions=@p2p-docstore/source', '--disable-warning=ExperimentalWarning']
  const child = spawn(process.execPath, [...flags, join(folder, 'bench/against/tree-program.ts'), ...words], {
    cwd: folder,
    stdio: ['pipe', 'pipe', 'inherit'],
    timeout: TIMEOUT_MS,
  })
  return child
}

async function figures(child: ChildProcess): Promise<Figures> {
  const line = await firstLine(child)
  await ended(child)
  return JSON.parse(line) as Figures
}

async function firstLine(child: ChildProcess): Promise<string> {
  if (child.stdout !== null) for await (const line of createInterface({ input: child.stdout })) return line
  throw new Error('A measurement ended without a figure')
}

async function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode === null && child.signalCode === null) await once(child, 'close')
  if (child.exitCode !== 0) throw new Error(`A measurement ended with ${child.signalCode ?? child.exitCode}`)
}

/** Of each pair: how many times as much. */
function ratios(values: readonly number[], beside: readonly number[]): string {
  const each = values.map((value, i) => value / (beside[i] ?? Number.NaN)).toSorted((a, b) => a - b)
  if (each.some(Number.isNaN)) return '–'
  return `${median(each).toFixed(3)} (${each[0]?.toFixed(3)} – ${each.at(-1)?.toFixed(3)})`
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b)
  return ((sorted[(sorted.length - 1) >> 1] ?? Number.NaN) + (sorted[sorted.length >> 1] ?? Number.NaN)) / 2
}

function show(value: number): string {
  if (Number.isNaN(value)) return '–'
  return value >= 1000 ? Math.round(value).toLocaleString('en') : value >= 10 ? value.toFixed(1) : value.toFixed(3)
}
