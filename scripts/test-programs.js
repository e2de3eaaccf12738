// Finds a Chromium for the browser tests, or installs Debian's where that is possible.
import { execFileSync } from 'node:child_process'
import { accessSync, constants } from 'node:fs'
import { delimiter, join } from 'node:path'

const NAMES = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable']

/** Path of a Chromium, `undefined` where there is none. `CHROMIUM_PATH` comes first. */
export function findChromium() {
  const given = process.env.CHROMIUM_PATH
  if (given !== undefined && given !== '') return given
  const folders = [...(process.env.PATH ?? '').split(delimiter), '/usr/bin', '/usr/local/bin', '/Applications/Google Chrome.app/Contents/MacOS']
  for (const folder of folders) {
    for (const name of folder.startsWith('/Applications') ? ['Google Chrome'] : NAMES) {
      const path = join(folder, name)
      try {
        accessSync(path, constants.X_OK)
        return path
      } catch {
        // Not here; the next one.
      }
    }
  }
  return undefined
}

/** The same, after an attempt to install Debian's package where we may. */
export function findOrInstallChromium() {
  const found = findChromium()
  if (found !== undefined) return found
  if (!isDebianRoot()) return undefined
  console.error('Installing Chromium for the browser tests (apt-get install chromium) …')
  install('chromium')
  return findChromium()
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

function isDebianRoot() {
  return process.platform === 'linux' && process.getuid?.() === 0 && exists('/usr/bin/apt-get')
}

function install(...packages) {
  const quiet = { stdio: ['ignore', 'ignore', 'inherit'], env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' } }
  execFileSync('apt-get', ['update', '-qq'], quiet)
  execFileSync('apt-get', ['install', '-y', '-qq', '--no-install-recommends', ...packages], quiet)
}

function exists(path) {
  try {
    accessSync(path)
    return true
  } catch {
    return false
  }
}
