// Finds the browsers for the tests, or installs Debian's where that is possible.
import { execFileSync } from 'node:child_process'
import { accessSync, constants } from 'node:fs'
import { delimiter, join } from 'node:path'

const CHROMIUM = {
  variable: 'CHROMIUM_PATH',
  names: ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable'],
  onMac: '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
}
const FIREFOX = {
  variable: 'FIREFOX_PATH',
  // Ubuntu's `firefox` starts a snap, which has a /tmp of its own and so does not find the profiles of tests.
  names: exists('/snap/bin/firefox') ? ['firefox-esr'] : ['firefox-esr', 'firefox'],
  onMac: '/Applications/Firefox.app/Contents/MacOS/firefox',
}

/** Path of a browser, `undefined` where there is none. The variable comes first. */
function find({ variable, names, onMac }) {
  const given = process.env[variable]
  if (given !== undefined && given !== '') return given
  const folders = [...(process.env.PATH ?? '').split(delimiter), '/usr/bin', '/usr/local/bin']
  const paths = [...folders.flatMap((folder) => names.map((name) => join(folder, name))), onMac]
  return paths.find((path) => exists(path, constants.X_OK))
}

/** Path of a Chromium, installed where we may; `undefined` where there is none. `CHROMIUM_PATH` comes first. */
export function findOrInstallChromium() {
  const found = find(CHROMIUM)
  if (found !== undefined) return found
  if (!isDebianRoot()) return undefined
  console.error('Installing Chromium for the browser tests (apt-get install chromium) …')
  install('chromium')
  return find(CHROMIUM)
}

/** Path of a Firefox, installed where we may; without it the tests of the page in Firefox are skipped. `FIREFOX_PATH` comes first. */
export function findOrInstallFirefox() {
  const found = find(FIREFOX)
  if (found !== undefined) return found
  if (!isDebianRoot()) return undefined
  console.error('Installing Firefox for the tests of the page in it (apt-get install firefox-esr) …')
  try {
    install('firefox-esr')
  } catch {
    console.error('Firefox could not be installed.')
  }
  return find(FIREFOX)
}

/** Installs what a test needs that blocks UDP, where we may; without it that test is skipped, and says so. */
export function installNftables() {
  if (exists('/usr/sbin/nft') || !isDebianRoot()) return
  console.error('Installing nftables for a test that blocks UDP (apt-get install nftables iproute2) …')
  try {
    install('nftables', 'iproute2')
  } catch {
    console.error('nftables could not be installed.')
  }
}

/** Installs a PostgreSQL server, where we may; without it the tests of relays on one are skipped, and that is said. `POSTGRES_BIN` names a folder of its programs. */
export function installPostgres() {
  const given = process.env.POSTGRES_BIN
  if ((given !== undefined && given !== '') || exists('/usr/lib/postgresql')) return
  if (!isDebianRoot()) {
    console.error('Tests of relays on PostgreSQL are skipped: there is none in /usr/lib/postgresql, and POSTGRES_BIN names none.')
    return
  }
  console.error('Installing PostgreSQL for the tests of relays on it (apt-get install postgresql) …')
  try {
    install('postgresql')
  } catch {
    console.error('PostgreSQL could not be installed: its tests are skipped.')
  }
}

function isDebianRoot() {
  return process.platform === 'linux' && process.getuid?.() === 0 && exists('/usr/bin/apt-get')
}

function install(...packages) {
  const quiet = { stdio: ['ignore', 'ignore', 'inherit'], env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' } }
  execFileSync('apt-get', ['update', '-qq'], quiet)
  execFileSync('apt-get', ['install', '-y', '-qq', '--no-install-recommends', ...packages], quiet)
}

function exists(path, mode) {
  try {
    accessSync(path, mode)
    return true
  } catch {
    return false
  }
}
