import { cpus } from 'node:os'
import { readFileSync } from 'node:fs'
import { type Contestant, OURS } from './contestants.ts'
import type { Figure } from './round.ts'
import { ROW_NAMES, ROWS, type RowName } from './rows.ts'
import type { TrafficKind } from './traffic.ts'

/** What one contestant reached in all rounds. */
export interface Result {
  readonly contestant: Contestant
  readonly rounds: ReadonlyMap<RowName, Figure>[]
}

/** One cell over all rounds. Rounds that failed are told, and do not hide the others. */
interface Cell {
  readonly values: readonly number[]
  readonly failures: readonly Exclude<Figure, number>[]
}

/** Under which conditions it did. */
interface Conditions {
  readonly count: number
  readonly rounds: number
  readonly traffic: TrafficKind
}

/** Everything, for programs. */
export function jsonReport(results: readonly Result[], conditions: Conditions): unknown {
  return {
    ...conditions,
    machine: machine(),
    results: results.map(({ contestant, rounds }) => ({
      id: contestant.id,
      title: titleOf(contestant),
      rounds: rounds.map((figures) => Object.fromEntries(figures)),
    })),
  }
}

/** A table for people, in Markdown. */
export function textReport(results: readonly Result[], { count, rounds, traffic }: Conditions): string {
  const { node, cores, cpu } = machine()
  return [
    `Node ${node}; ${cores} cores, ${cpu}. ${count.toLocaleString('en')} documents of 300 bytes.`,
    rounds === 1 ? 'One round.' : `${rounds} rounds: median (least – most).`,
    'Every measurement runs in processes of its own; source and receiver are two, over the loopback device.',
    traffic === 'loopback'
      ? 'Bytes on the wire: all that the loopback device of their own carries, both directions, with headers and acknowledgements.'
      : "Bytes on the wire: the payload of the receiver's TCP sockets, both directions, without headers.",
    'The last column: how many times better ours is than the best peer; below 1 it is worse.',
    `\n\n${table(results)}${notes(results)}`,
  ].join(' ')
}

function table(results: readonly Result[]): string {
  const rows = ROW_NAMES.map((name) => ({ name, cells: results.map((result) => cellOf(result, name)) })).filter(({ cells }) =>
    cells.some(({ values, failures }) => values.length + failures.length > 0),
  )
  const ours = results.findIndex(({ contestant }) => contestant.id === OURS)
  const lines = [
    ['', ...results.map(({ contestant }) => titleOf(contestant)), 'ours / best peer'],
    ['---', ...results.map(() => '---:'), '---:'],
    ...rows.map(({ name, cells }) => [ROWS[name].title, ...cells.map(show), ratio(ROWS[name].better, cells, ours)]),
  ]
  return `${lines.map((cells) => `| ${cells.join(' | ')} |`).join('\n')}\n`
}

/** Why cells have no number, once per reason. */
function notes(results: readonly Result[]): string {
  const lines = results.flatMap(({ contestant, rounds }) => {
    const stepsByReason = new Map<string, Set<string>>()
    for (const figure of rounds.flatMap((round) => [...round.values()])) {
      if (typeof figure === 'number') continue
      const steps = stepsByReason.get(figure.why) ?? new Set()
      stepsByReason.set(figure.why, figure.step === undefined ? steps : steps.add(figure.step))
    }
    return Array.from(
      stepsByReason,
      ([why, steps]) => `- ${[titleOf(contestant), ...(steps.size === 0 ? [] : [[...steps].join(', ')]), why].join(': ')}.`,
    )
  })
  return lines.length === 0 ? '' : `\n${lines.join('\n')}\n`
}

/** How many times better ours is than the best peer: above 1 ours is better. */
function ratio(better: 'more' | 'less', cells: readonly Cell[], ours: number): string {
  const medians = cells.map(({ values }) => (values.length === 0 ? undefined : median(values)))
  const mine = medians[ours]
  const peers = medians.filter((value, i): value is number => value !== undefined && i !== ours)
  if (mine === undefined || peers.length === 0) return ''
  return `${show({ values: [better === 'more' ? mine / Math.max(...peers) : Math.min(...peers) / mine], failures: [] })} ×`
}

function cellOf({ rounds }: Result, name: RowName): Cell {
  const figures = rounds.map((round) => round.get(name)).filter((figure) => figure !== undefined)
  return {
    values: figures.filter((figure) => typeof figure === 'number'),
    failures: figures.filter((figure) => typeof figure !== 'number'),
  }
}

function show({ values, failures }: Cell): string {
  const failed =
    failures.length === 0 ? '' : `${failures[0]?.short}${values.length === 0 ? '' : ` ${failures.length} of ${failures.length + values.length}`}`
  if (values.length === 0) return failed === '' ? '–' : failed
  const range = values.length === 1 ? '' : ` (${number(Math.min(...values))} – ${number(Math.max(...values))})`
  return `${number(median(values))}${range}${failed === '' ? '' : `, ${failed}`}`
}

function number(value: number): string {
  return value >= 1000 ? Math.round(value).toLocaleString('en') : value >= 100 ? value.toFixed(0) : value >= 10 ? value.toFixed(1) : value.toFixed(2)
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b)
  const middle = sorted.slice((sorted.length - 1) >> 1, (sorted.length >> 1) + 1)
  return middle.reduce((total, value) => total + value, 0) / middle.length
}

function titleOf({ name, variant, packageName }: Contestant): string {
  return `${name}${packageName === undefined ? '' : ` ${versionOf(packageName)}`}${variant === undefined ? '' : `, ${variant}`}`
}

function versionOf(packageName: string): string {
  const manifest = new URL(`./node_modules/${packageName}/package.json`, import.meta.url)
  return (JSON.parse(readFileSync(manifest, 'utf8')) as { version: string }).version
}

function machine(): { readonly node: string; readonly cores: number; readonly cpu: string } {
  return { node: process.version, cores: cpus().length, cpu: cpus()[0]?.model.trim() ?? 'unknown' }
}
