// Runs all tests: `npm test`, or `npm test -- packages/core` for some of them.
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { isBuilt } from './is-built.js'
import { findOrInstallChromium, findOrInstallFirefox, installNftables, installPostgres } from './test-programs.js'

const chromium = findOrInstallChromium()
if (chromium === undefined) {
  console.error('The browser tests need Chromium. Install it (on Debian: sudo apt-get install chromium), or set CHROMIUM_PATH, and run again.')
  process.exit(1)
}
const firefox = findOrInstallFirefox()
if (firefox === undefined) {
  console.error(
    'The tests of the page in Firefox are skipped. To run them, install it (on Debian: sudo apt-get install firefox-esr), or set FIREFOX_PATH.',
  )
}
installNftables()
installPostgres()
// Programs of the documentation, packed packages, commands and relays in processes of their own use what is built.
if (!isBuilt()) {
  const build = spawnSync('npm', ['run', 'build'], { stdio: ['ignore', 'ignore', 'inherit'] })
  if (build.status !== 0) process.exit(1)
}
// Hundreds of commands need not look each whether they are built.
const env = { ...process.env, CHROMIUM_PATH: chromium, FIREFOX_PATH: firefox ?? '', P2P_DOCSTORE_SOURCES: 'built' }
const run = (args, stdio, more = {}) => {
  const vitest = spawn('vitest', ['run', ...args], { stdio, env: { ...env, ...more } })
  return { vitest, ended: once(vitest, 'exit') }
}
const given = process.argv.slice(2)
if (given.length > 0) {
  const [status] = await run(given, 'inherit').ended
  process.exit(status ?? 1)
}
// The tests that run in a browser run one after another, which vitest does after all others: beside them they cost little time. They are shown at the end.
const inBrowser = run(['--project', 'browser'], ['ignore', 'pipe', 'pipe'], process.stdout.isTTY ? { FORCE_COLOR: '1' } : {})
const shown = []
for (const stream of [inBrowser.vitest.stdout, inBrowser.vitest.stderr]) stream.on('data', (text) => shown.push(text))
const [status] = await run(['--project', 'core', '--project', 'node'], 'inherit').ended
const [statusInBrowser] = await inBrowser.ended
process.stdout.write(Buffer.concat(shown))
process.exitCode = (status ?? 1) || (statusInBrowser ?? 1)
