// Relays in virtual time: npm run simulate -- --relays 300 --hours 24 --seed 7. See docs/spec/placement.md, §8, for what is checked.
import { parseArgs } from 'node:util'
import { seededRandom } from '../packages/core/src/testing/random.ts'
import { BrokenInvariant } from '../packages/core/src/testing/simulation/checks.ts'
import { Simulation, type SimulationInit, type SimulationReport } from '../packages/core/src/testing/simulation/simulation.ts'

const BAD: readonly NonNullable<SimulationInit['bad']>[] = ['claims-all', 'keeps-nothing', 'boasts', 'flaps', 'fast', 'full', 'twins']
/** Relays of a seed that says by itself how many there are, at most. */
const MOST_OF_A_SEED = 50
const USAGE = `npm run simulate -- [--relays N] [--hours H] [--seed S] [--seeds COUNT|A..B] [--writes N] [--partitions N] [--bad ${BAD.join('|')}] [--json]
  --relays   how many to begin with, 1 to 2000; with --seeds, 3 to 50 by chance, most of them few, where it is left out (default 12)
  --hours    for how long things happen to them (default 6); then it is quiet for three
  --seed     replays one run (default 1)
  --seeds    runs so many, from --seed on, or those from A to B; says which failed, and goes on
  --writes   how many an hour (default 6 for each relay, from 120 to 1200)
  --partitions  how many a day (default 4 with more than 50 relays; else they are a tenth of what happens to relays)
  --bad      what is wrong with the first relay`

function fail(message: string): never {
  console.error(`${message}\n\n${USAGE}`)
  process.exit(2)
}

/** A whole number of an option. */
function numberOf(name: string, text: string | undefined, [least, most]: readonly [number, number]): number | undefined {
  if (text === undefined) return undefined
  const value = Number(text)
  return Number.isInteger(value) && value >= least && value <= most
    ? value
    : fail(`--${name} is a whole number from ${least} to ${most}, not ${text}`)
}

function readOptions() {
  try {
    const text = { type: 'string' } as const
    return parseArgs({
      options: {
        relays: text,
        hours: text,
        seed: text,
        seeds: text,
        writes: text,
        partitions: text,
        bad: text,
        json: { type: 'boolean', default: false },
      },
    }).values
  } catch (error) {
    return fail(error instanceof Error ? error.message : String(error))
  }
}

const options = readOptions()
const relays = numberOf('relays', options.relays, [1, 2000])
const hours = numberOf('hours', options.hours, [1, 1000]) ?? 6
const writes = numberOf('writes', options.writes, [1, 1_000_000])
const partitions = numberOf('partitions', options.partitions, [0, 1000])
const range = /^(\d+)\.\.(\d+)$/.exec(options.seeds ?? '')
const first = numberOf('seed', range?.[1] ?? options.seed, [0, 2 ** 31]) ?? 1
const seeds =
  range === null ? numberOf('seeds', options.seeds, [1, 100_000]) : (numberOf('seeds', range[2], [first, first + 99_999]) ?? first) - first + 1
const bad = options.bad === undefined ? undefined : (BAD.find((one) => one === options.bad) ?? fail(`--bad is one of ${BAD.join(', ')}`))

/** What one seed simulates. Large networks have more documents, and more happens in them; but a partition is one of all of it, however large it is. */
function initOf(seed: number): SimulationInit {
  const count = relays ?? (seeds === undefined ? 12 : 3 + Math.floor(48 * seededRandom(seed).next() ** 2))
  const scale = Math.max(1, count / 20)
  const partitionsPerDay = partitions ?? (count > MOST_OF_A_SEED ? 4 : undefined)
  return {
    seed,
    relays: count,
    hours,
    documents: Math.round(200 * scale),
    eventsPerHour: Math.round(12 * Math.sqrt(scale)),
    writesPerHour: writes ?? Math.min(1200, Math.round(120 * scale)),
    ...(partitionsPerDay === undefined ? {} : { partitionsPerDay }),
    ...(bad === undefined ? {} : { bad }),
  }
}

function show({ happened, ...report }: SimulationReport, seconds: number, processorSeconds: number): void {
  if (options.json) return console.log(JSON.stringify({ ...report, happened, seconds, processorSeconds }))
  const events = Object.entries(happened).map(([what, times]) => `${what} ${times}`)
  console.log(`seed ${report.seed}: ${report.relays} relays, ${report.hours} h, ${events.join(', ')}`)
  console.log(`  ${report.documents} documents (${report.deleted} deleted) have ${report.fewestCopies} copies each, or more`)
  console.log(`  none of ${report.acknowledged} acknowledged of ${report.writes} writes is lost, no delete undone`)
  console.log(`  ${report.dropped} sectors were removed by relays, each of which all its owners had; ${report.moved} records moved`)
  console.log(
    `  the busiest relay owns ${report.maxOverMean.toFixed(2)} times the mean; ${report.events} events, ${report.messages} messages, ${seconds} s, ${processorSeconds} s of processor`,
  )
}

/** What this process has had of processors, seconds. */
function processorNow(): number {
  const { user, system } = process.cpuUsage()
  return (user + system) / 1e6
}

/** Runs one seed; whether all promises were kept. */
function run(seed: number): boolean {
  const [begin, processorBegin] = [performance.now(), processorNow()]
  const seconds = (): number => Math.round((performance.now() - begin) / 100) / 10
  const processor = (): number => Math.round(10 * (processorNow() - processorBegin)) / 10
  const onHour = (hour: number): void => {
    if (seeds !== undefined) return
    if (process.stderr.isTTY) process.stderr.write(`\r${hour} of ${hours} h, ${seconds()} s `)
    else console.error(`${hour} of ${hours} h, ${processor()} s of processor`)
  }
  try {
    show(new Simulation(initOf(seed)).run({ onHour }), seconds(), processor())
    return true
  } catch (error) {
    if (!(error instanceof BrokenInvariant)) throw error
    console.error(`Seed ${seed} failed: ${error.message}; replay it with --seed ${seed} --hours ${hours} --relays ${initOf(seed).relays}`)
    return false
  }
}

const failed: number[] = []
for (let seed = first; seed < first + (seeds ?? 1); seed++) {
  if (!run(seed)) failed.push(seed)
  if (seeds !== undefined && process.stderr.isTTY) process.stderr.write(`${seed - first + 1} of ${seeds} seeds, ${failed.length} failed\n`)
}
if (failed.length > 0) {
  console.error(`Failed: ${failed.join(', ')}`)
  process.exitCode = 1
}
