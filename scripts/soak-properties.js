// Tries properties with other and more samples than `npm test`, whose seed is fixed, draws: `npm run soak:properties` for 10 rounds, `npm run soak:properties -- 100` for more.
import { spawnSync } from 'node:child_process'
import { randomInt } from 'node:crypto'

/** What every test with random samples imports. */
const SAMPLED = ['fast-check.ts', 'samples.ts'].map((name) => `packages/core/src/testing/${name}`)

const rounds = Number(process.argv[2] ?? 10)
if (!Number.isSafeInteger(rounds) || rounds < 1) {
  console.error('How many rounds? npm run soak:properties -- 10')
  process.exit(2)
}
const failed = []
for (let round = 1; round <= rounds; round++) {
  const seed = String(randomInt(2 ** 31))
  console.log(`Round ${round} of ${rounds}: FC_SEED=${seed}`)
  const args = ['related', ...SAMPLED, '--run', '--project', 'core', '--project', 'node']
  const { status } = spawnSync('vitest', args, { stdio: 'inherit', env: { ...process.env, FC_SEED: seed, SOAK: '1' } })
  if (status !== 0) failed.push(seed)
}
if (failed.length > 0) console.error(`Failed with FC_SEED=${failed.join(', ')}`)
process.exit(failed.length > 0 ? 1 : 0)
