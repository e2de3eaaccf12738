// Runs all tests: `npm test`, or `npm test -- packages/core` for some of them.
import { spawnSync } from 'node:child_process'
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
const { status } = spawnSync('vitest', ['run', ...process.argv.slice(2)], { stdio: 'inherit', env })
process.exit(status ?? 1)
