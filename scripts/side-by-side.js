// Runs npm scripts side by side, as many as there are cores: node scripts/side-by-side.js lint types. Prints what each said when it ends.
import { spawn } from 'node:child_process'
import { availableParallelism } from 'node:os'

const waiting = process.argv.slice(2)
const lanes = Array.from({ length: availableParallelism() }, runNext)
const failed = (await Promise.all(lanes)).flat()
if (failed.length > 0) console.error(`Failed: ${failed.join(', ')}`)
process.exit(failed.length > 0 ? 1 : 0)

/** Runs what waits, one after another; resolves with the names of those that failed. */
async function runNext() {
  const name = waiting.shift()
  if (name === undefined) return []
  const isGood = await run(name)
  return [...(isGood ? [] : [name]), ...(await runNext())]
}

async function run(name) {
  const child = spawn('npm', ['run', name], { stdio: ['ignore', 'pipe', 'pipe'], shell: process.platform === 'win32' })
  const said = []
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => said.push(chunk))
  const code = await new Promise((resolve, reject) => child.once('error', reject).once('close', resolve))
  process.stdout.write(Buffer.concat(said))
  return code === 0
}
