// Runs peers in a hostile network with many seeds, of which `npm test` runs the first 16: `npm run soak:hostile` for 1,000, `npm run soak:hostile -- 5000` for more.
import { spawnSync } from 'node:child_process'

const seeds = Number(process.argv[2] ?? 1000)
if (!Number.isSafeInteger(seeds) || seeds < 1) {
  console.error('How many seeds? npm run soak:hostile -- 1000')
  process.exit(2)
}
const { status } = spawnSync('vitest', ['run', '--project', 'core', 'packages/core/src/sync/hostile.test.ts'], {
  stdio: 'inherit',
  env: { ...process.env, SEEDS: String(seeds) },
})
process.exit(status ?? 1)
