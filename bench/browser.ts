import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startRelay } from '@p2p-docstore/relay'
import { BrowserPeer } from '../test/e2e/browser-peer.ts'
import { buildPageIfMissing } from '../test/e2e/build-page.ts'
import { benchDocument } from './documents.ts'
import type { Figures } from './local.ts'

/** Longest that one first sync may take, milliseconds. */
const TIMEOUT_MS = 120_000

/** First sync of `count` documents from a relay into a fresh profile of Chromium: WebSocket, stored on its private file system. */
export async function measureBrowser(count: number): Promise<Figures> {
  const folder = mkdtempSync(join(tmpdir(), 'docstore-bench-'))
  await buildPageIfMissing()
  const relay = await startRelay({ data: join(folder, 'relay'), port: 0 })
  try {
    const namespace = await relay.store.namespaces.create({ name: 'bench', write: 'anyone' })
    await namespace.putMany(Array.from({ length: count }, (_, i) => benchDocument(i)))
    const began = performance.now()
    const browser = await BrowserPeer.open(join(folder, 'profile'), relay.ready.join)
    try {
      await browser.untilConnection('connected')
      const connected = performance.now()
      await browser.openNamespace(namespace.id)
      await browser.part('documentRow').first().waitFor({ timeout: TIMEOUT_MS })
      const first = performance.now()
      await browser.part('count', `[data-total="${count}"]`).waitFor({ timeout: TIMEOUT_MS })
      const synced = performance.now()
      return {
        'page opened and connected, s': (connected - began) / 1000,
        'first rows on the page, s': (first - connected) / 1000,
        'first sync, s': (synced - connected) / 1000,
      }
    } finally {
      await browser.close()
    }
  } finally {
    await relay.close()
    rmSync(folder, { recursive: true, force: true })
  }
}
