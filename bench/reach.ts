import { execFile } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { TEST_CERTIFICATES } from '../packages/relay/src/testing/certificates.ts'
import { BrowserPeer } from '../test/e2e/browser-peer.ts'
import { buildPageIfMissing } from '../test/e2e/build-page.ts'
import { FirefoxPeer, hasFirefox } from '../test/e2e/firefox-peer.ts'
import { RELAY_HOST, twoMachines } from '../test/e2e/network-namespace.ts'
import type { PagePeer } from '../test/e2e/page-peer.ts'
import { startRelayChild } from '../test/e2e/relay-child.ts'
import type { Figures } from './local.ts'

/** Port of the relay's page, on a machine of its own. */
const PORT = 8080
/** Longest that the browsers may take for one combination, milliseconds. */
const TIMEOUT_MS = 120_000

/** How long a page on another machine waits for its first connection, with UDP and without, to a relay with one address and with five. */
export async function measureReach(): Promise<Figures> {
  await buildPageIfMissing()
  let figures: Figures = {}
  for (const udp of [true, false]) {
    for (const decoys of [false, true]) figures = { ...figures, ...(await measureLine(udp, decoys)) }
  }
  return figures
}

async function measureLine(udp: boolean, decoys: boolean): Promise<Figures> {
  const machines = twoMachines({ udp, decoys })
  if (machines === undefined) throw new Error('It takes root, and nftables (on Debian: apt-get install nftables)')
  const folder = mkdtempSync(join(tmpdir(), 'docstore-reach-'))
  const tls = { cert: join(folder, 'cert.pem'), key: join(folder, 'key.pem') }
  writeFileSync(tls.cert, TEST_CERTIFICATES[0]?.cert ?? '')
  writeFileSync(tls.key, TEST_CERTIFICATES[0]?.key ?? '')
  const options = { host: decoys ? '0.0.0.0' : RELAY_HOST, port: PORT, tls, publicUrl: `https://${RELAY_HOST}:${PORT}` }
  const relay = await startRelayChild(join(folder, 'relay'), { prefix: machines.relay, ...options })
  try {
    const [command = '', ...prefix] = machines.client
    const program = fileURLToPath(new URL('measure.ts', import.meta.url))
    const args = [
      ...prefix,
      process.execPath,
      '--conditions=@p2p-docstore/source',
      program,
      'reach-client',
      JSON.stringify([relay.ready.join, folder]),
    ]
    const { stdout } = await promisify(execFile)(command, args, { timeout: TIMEOUT_MS })
    const line = `${udp ? 'UDP' : 'no UDP'}, ${decoys ? '5 addresses' : '1 address'}`
    return Object.fromEntries(Object.entries(JSON.parse(stdout) as Figures).map(([name, value]) => [`connected, ${line}, ${name}`, value]))
  } finally {
    await relay.kill()
    machines.close()
    rmSync(folder, { recursive: true, force: true })
  }
}

/** On the other machine: each browser opens the page for the first time, and loads it again. */
export async function measureFromClient(argument: string): Promise<Figures> {
  const [link = '', folder = ''] = JSON.parse(argument) as readonly string[]
  const chromium = await BrowserPeer.open(join(folder, 'chromium'), link)
  let figures = await measurePage('Chromium', chromium, async () => void (await chromium.page.reload()))
  await chromium.close()
  if (!hasFirefox()) return figures
  const firefox = await FirefoxPeer.open(join(folder, 'firefox'), link)
  figures = { ...figures, ...(await measurePage('Firefox', firefox, () => firefox.reload())) }
  await firefox.close()
  return figures
}

async function measurePage(
  name: string,
  page: { readonly connectedAfter: PagePeer<never>['connectedAfter']; close(): Promise<void> },
  reload: () => Promise<void>,
): Promise<Figures> {
  try {
    const first = await page.connectedAfter()
    await reload()
    const again = await page.connectedAfter()
    return {
      [`${name} (${first.via}), s`]: (first.connectedMs - first.openMs) / 1000,
      [`${name} (${again.via}), loaded again, s`]: (again.connectedMs - again.openMs) / 1000,
    }
  } catch (error) {
    await page.close()
    throw error
  }
}
