import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { type Browser, chromium } from 'playwright'
import { TEST_IDS } from '../../apps/web/src/test-ids.ts'
import { CHROMIUM } from '../chromium.ts'
import { buildPageIfMissing } from '../e2e/build-page.ts'
import { type RelayChild, startRelayChild } from '../e2e/relay-child.ts'

// Opens the page of one relay again and again, each time as somebody new, and looks whether the relay ever has no room for one of them.
// `npm run soak` for 200 loads, `npm run soak -- 20` for some.

const loads = Number(process.argv[2] ?? 200)
/** How long one load may take, and how long the relay may take to notice that the last ones have gone, milliseconds. */
const LOAD_MS = 30_000
const SETTLE_MS = 60_000

/** The relay's numbers. */
async function metrics({ ready }: RelayChild): Promise<(name: string) => number> {
  const text = await (await fetch(`${ready.http}/metrics`)).text()
  return (name) => Number(new RegExp(`^docstore_${name} (.*)$`, 'm').exec(text)?.[1] ?? 0)
}

async function hasPlaceForAll(relay: RelayChild): Promise<boolean> {
  const read = await metrics(relay)
  return read('peers') > 0 && read('reservations') === read('peers')
}

/** Opens the page as a new person, and waits until all who are connected to the relay can be reached through it; leaves without a word. */
async function loadPage(browser: Browser, relay: RelayChild): Promise<void> {
  const context = await browser.newContext()
  try {
    const page = await context.newPage()
    await page.goto(relay.ready.join)
    await page.locator(`[data-testid="${TEST_IDS.connection}"][data-state="connected"]`).waitFor({ timeout: LOAD_MS })
    for (const until = Date.now() + LOAD_MS; !(await hasPlaceForAll(relay)); await sleep(20))
      if (Date.now() > until) throw new Error('The relay did not give the page a place')
  } finally {
    await context.close()
  }
}

const folder = mkdtempSync(join(tmpdir(), 'docstore-soak-'))
await buildPageIfMissing()
const relay = await startRelayChild(join(folder, 'relay'))
const browser = await chromium.launch(CHROMIUM)
try {
  const began = performance.now()
  for (let load = 1; load <= loads; load++) {
    await loadPage(browser, relay)
    if (load % 20 !== 0 && load !== loads) continue
    const read = await metrics(relay)
    const megabytes = Math.round(read('resident_memory_bytes') / 1024 ** 2)
    console.log(
      `${load} loads, ${((performance.now() - began) / 1000).toFixed(0)} s: ${read('reservations')} places, ${read('peers')} peers, ` +
        `${read('reservations_refused_total')} refused, ${read('strangers_total')} strangers, ${megabytes} MB`,
    )
  }
  for (const until = Date.now() + SETTLE_MS; (await metrics(relay))('reservations') > 0; await sleep(200))
    if (Date.now() > until) throw new Error('The relay keeps places for peers that have left')
  const refused = (await metrics(relay))('reservations_refused_total')
  if (refused > 0) throw new Error(`${refused} requests for a place were refused`)
  console.log('Everyone had a place, and no place was left behind')
} finally {
  await browser.close()
  await relay.kill()
  rmSync(folder, { recursive: true, force: true })
}
