import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Relay, startRelay } from '@p2p-docstore/relay'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { axeViolations } from './axe-violations.ts'
import { BrowserPeer } from './browser-peer.ts'
import { buildPageIfMissing } from './build-page.ts'

const folder = mkdtempSync(join(tmpdir(), 'docstore-page-passphrase-'))
let relay: Relay
let peer: BrowserPeer

beforeAll(async () => {
  await buildPageIfMissing()
  relay = await startRelay({ data: join(folder, 'relay'), port: 0, networkName: 'locked' })
  peer = await BrowserPeer.open(join(folder, 'peer'), relay.ready.http)
  await peer.untilConnection('connected')
}, 120_000)

afterAll(async () => {
  await peer?.close()
  await relay?.close()
  rmSync(folder, { recursive: true, force: true })
})

it('locks a browser with a passphrase, asks for it once while a tab lives, and does without one again', async () => {
  await peer.createNamespace('Diary')
  await peer.add({ _id: 'a', title: 'Monday' })
  await peer.part('connection').click()
  const identity = await peer.part('identity').getAttribute('data-value')
  await peer.part('passphrase', '[data-locked="false"]').waitFor()
  await peer.part('passphraseWish', '[data-wish="set"]').click()
  await peer.part('passphraseNext').fill('open sesame')
  await peer.part('passphraseAgain').fill('open sesam')
  await peer.part('passphraseSave').click()
  await peer.part('passphraseError').filter({ hasText: 'not the same' }).waitFor()
  await peer.part('passphraseAgain').fill('open sesame')
  await peer.part('passphraseSave').click()
  await peer.part('passphrase', '[data-locked="true"]').waitFor()
  expect(await axeViolations(peer.page)).toEqual([])

  await peer.page.reload()
  await peer.part('openFailed', '[data-code="passphrase-needed"]').waitFor()
  await peer.part('unlockPassphrase').fill('open')
  await peer.part('unlockSubmit').click()
  await peer.part('openFailed', '[data-code="wrong-passphrase"]').waitFor()
  await peer.part('unlockPassphrase').fill('open sesame')
  await peer.part('unlockSubmit').click()
  await peer.row('Monday').waitFor()

  // A second tab works through the first, which has told it the passphrase: once that is gone, it goes on.
  const second = await peer.openTab(peer.page.url())
  await second.row('Monday').waitFor()
  await second.part('documentAdd').click()
  await second.part('editorText').fill('{"_id":"b","title":"Tuesday"')
  await peer.page.close()
  await second.untilConnection('connected')
  await second.row('Monday').waitFor()
  // What was being written is there still.
  await expect.poll(() => second.part('editorText').inputValue()).toBe('{"_id":"b","title":"Tuesday"')
  await second.part('editorText').fill('{"_id":"b","title":"Tuesday"}')
  await second.part('editorSave').click()
  await second.row('Tuesday').waitFor()
  peer = second

  // The other way round: a tab that waits for it opens with what another one was given; and a change is told, too.
  await peer.part('connection').click()
  await peer.part('passphraseWish', '[data-wish="change"]').click()
  await peer.part('passphraseCurrent').fill('open sesame')
  await peer.part('passphraseNext').fill('open barley')
  await peer.part('passphraseAgain').fill('open barley')
  await peer.part('passphraseSave').click()
  await peer.part('passphraseSaid').filter({ hasText: 'Changed' }).waitFor()
  const waiting = await peer.openTab('about:blank')
  await peer.page.goto('about:blank')
  await waiting.page.goto(relay.ready.http)
  await waiting.part('openFailed', '[data-code="passphrase-needed"]').waitFor()
  expect(await axeViolations(waiting.page)).toEqual([])
  await peer.page.goto(relay.ready.http)
  await peer.part('openFailed', '[data-code="passphrase-needed"]').waitFor()
  await peer.part('unlockPassphrase').fill('open barley')
  await peer.part('unlockSubmit').click()
  await peer.part('namespaceItem').filter({ hasText: 'Diary' }).waitFor()
  await waiting.part('namespaceItem').filter({ hasText: 'Diary' }).waitFor()
  await waiting.page.close()

  await peer.part('connection').click()
  await expect.poll(() => peer.part('identity').getAttribute('data-value')).toBe(identity)
  await peer.part('passphraseWish', '[data-wish="remove"]').click()
  await peer.part('passphraseCurrent').fill('open barley')
  await peer.part('passphraseSave').click()
  await peer.part('passphrase', '[data-locked="false"]').waitFor()
  await peer.page.reload()
  await peer.part('namespaceItem').filter({ hasText: 'Diary' }).waitFor()
})
