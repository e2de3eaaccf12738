import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { runProgram } from '../run-program.ts'
import { CONTESTANTS, type Contestant, OURS } from './contestants.ts'
import { buildOurs, installPeers } from './install.ts'
import { measureRound } from './measure.ts'
import { ownNetwork } from './own-network.ts'
import { Round } from './round.ts'
import { jsonReport, type Result, textReport } from './report.ts'
import { hasOwnLoopback } from './traffic.ts'

const FOLDER = fileURLToPath(new URL('.', import.meta.url))

const { values: flags } = parseArgs({
  options: {
    only: { type: 'string' },
    count: { type: 'string', default: '10000' },
    rounds: { type: 'string', default: '3' },
    large: { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
    write: { type: 'boolean', default: false },
  },
})
const contestants = choose(flags.only)
// Each author has 100 documents.
const count = multipleOf(100, 'count', flags.count)
const rounds = multipleOf(1, 'rounds', flags.rounds)

if (contestants.some(({ packageName }) => packageName !== undefined)) installPeers(FOLDER)
if (!hasOwnLoopback() && contestants.some(({ id }) => id === OURS)) buildOurs()
const [program, ...words] = hasOwnLoopback() ? [] : (ownNetwork() ?? [])
if (program === undefined) await measure()
else await runProgram(program, [...words, process.execPath, ...process.execArgv, ...process.argv.slice(1)])

async function measure(): Promise<void> {
  const results: Result[] = contestants.map((contestant) => ({ contestant, rounds: [] }))
  // One round of everybody after the other: what the machine does meanwhile meets all of them.
  for (let i = 1; i <= rounds; i++) {
    for (const { contestant, rounds: done } of results) {
      const round = new Round(`Round ${i} of ${rounds}, ${contestant.id}`)
      await measureRound(round, contestant, { count, large: flags.large })
      done.push(round.figures)
    }
  }
  const conditions = { count, rounds, traffic: hasOwnLoopback() ? 'loopback' : 'sockets' } as const
  const text = textReport(results, conditions)
  if (flags.write) writeFileSync(join(FOLDER, 'RESULTS.md'), `# The peers beside us\n\n${text}`)
  console.log(flags.json ? JSON.stringify(jsonReport(results, conditions)) : text)
}

function choose(only: string | undefined): readonly Contestant[] {
  if (only === undefined) return CONTESTANTS
  return only.split(',').map((id) => {
    const found = CONTESTANTS.find((contestant) => contestant.id === id)
    if (found === undefined) throw new Error(`There is no ${JSON.stringify(id)}. --only takes some of ${CONTESTANTS.map((each) => each.id).join()}`)
    return found
  })
}

function multipleOf(step: number, name: string, text: string): number {
  const value = Number(text)
  if (!Number.isSafeInteger(value) || value < step || value % step !== 0)
    throw new Error(`--${name} takes a whole multiple of ${step}, not ${JSON.stringify(text)}`)
  return value
}
