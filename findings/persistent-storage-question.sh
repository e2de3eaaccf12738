#!/usr/bin/env bash
# Chromium 156, Firefox 153.8 ESR: a page cannot learn whether `navigator.storage.persist()` will disturb its user with a question.
#
# Seen: `permissions.query({ name: 'persistent-storage' })` says `prompt` in both. In Chromium persist() then answers `false` by itself, nobody is asked,
# and the state is `prompt` still. In Firefox a question opens and persist() answers when the user does, so in a headless one never; a second
# call meanwhile takes the question back: the first call answers `false`, which looks like the user's no, and the second one waits.
# Expected (Permissions, "permission state"): `prompt` is where the user is asked; the same call twice is one question.
#
# Needs Firefox and Chromium: FIREFOX_PATH and CHROMIUM_PATH, or Debian's.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
echo '{"private":true,"type":"module"}' > package.json
npm install --silent --no-audit --no-fund puppeteer-core@24.43.1
cat > persist.mjs <<'JS'
import { createServer } from 'node:http'
import puppeteer from 'puppeteer-core'

const server = createServer((_request, response) => response.end('a page')).listen(0, '127.0.0.1')
await new Promise((resolve) => server.once('listening', resolve))

/** Runs in the page. */
const ask = async () => {
  const state = async () => (await navigator.permissions.query({ name: 'persistent-storage' })).state
  const soon = (answer) => Promise.race([answer, new Promise((resolve) => setTimeout(() => resolve('no answer'), 3000))])
  const before = await state()
  const first = navigator.storage.persist()
  const alone = await soon(first)
  const second = navigator.storage.persist()
  return `${before}; persist() alone: ${alone}; called again: ${await soon(second)}, and the first: ${await soon(first)}; ${await state()}`
}

for (const [name, options] of [
  ['Chromium', { browser: 'chrome', executablePath: process.env.CHROMIUM_PATH ?? '/usr/bin/chromium', args: ['--no-sandbox'] }],
  ['Firefox', { browser: 'firefox', executablePath: process.env.FIREFOX_PATH ?? '/usr/bin/firefox-esr' }],
]) {
  const browser = await puppeteer.launch({ headless: true, ...options })
  const page = await browser.newPage()
  await page.goto(`http://127.0.0.1:${server.address().port}/`)
  console.log(`${name}: ${await page.evaluate(ask)}`)
  await browser.close()
}
server.close()
JS
node persist.mjs | tee seen.txt
diff seen.txt - <<'SEEN'
Chromium: prompt; persist() alone: false; called again: false, and the first: false; prompt
Firefox: prompt; persist() alone: no answer; called again: no answer, and the first: false; prompt
SEEN
