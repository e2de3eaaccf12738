import { afterEach, beforeEach, expect, it } from 'vitest'
import { sha256 } from '#crypto'
import { blockCid, rootPart } from '../../../files/index.ts'
import { timeFromMs } from '../../../model/clock.ts'
import { identityFromSeed } from '../../../model/keys/identity.ts'
import { World } from '../../../testing/people-world.ts'
import type { TestPeer } from '../../../testing/test-peer.ts'

const words = new Uint8Array(32).fill(7)
const bytes = new Uint8Array(1000).fill(5)
const cid = blockCid(rootPart(bytes.length), sha256(bytes)).toString()

let world: World
let ada: TestPeer
let thief: TestPeer
let ns: string
beforeEach(async () => {
  world = new World()
  ada = await world.peer('ada', { recovery: identityFromSeed(words).author })
  ns = await ada.createNamespace('anyone')
  thief = await world.device('thief', ada)
  thief.want(ns)
  thief.dial(ada)
  await world.settle()
  await ada.replica.uploadPieces('upload', [bytes])
  await ada.replica.uploadTree('upload', sha256(bytes), bytes.length)
  await ada.replica.write(ns, 'files', [{ id: cid, content: JSON.stringify({ _id: cid, size: bytes.length }) }])
  expect(await ada.replica.missingBlocks(ns, cid, { from: 0, to: bytes.length })).toEqual([])
  await ada.replica.endUpload('upload')
  await world.settle()
})
afterEach(async () => {
  await world.close()
})

/** What nothing keeps is gone once it has ended. */
async function restart(): Promise<void> {
  await ada.stop()
  await ada.start()
}

it('files of documents that a thief had taken away are here when the documents come back, and shown to nobody meanwhile', async () => {
  await thief.replica.changePerson({ type: 'revoke', key: ada.identity.author, until: 0, void: true })
  await world.settle(300_000)
  await restart()
  expect([await ada.replica.file(ns, cid), await ada.replica.block(cid)]).toEqual([undefined, undefined])
  await ada.replica.actAsRecovery(words, { type: 'revoke', key: thief.identity.author, until: timeFromMs(ada.now()), void: true })
  await world.settle(300_000)
  await restart()
  expect(await ada.replica.file(ns, cid)).toMatchObject({ state: 'whole' })
  expect(await ada.replica.block(cid)).toEqual(bytes)
  // From here on they are the document's alone.
  await ada.replica.write(ns, 'files', [{ id: cid, content: null }])
  await restart()
  expect(await (await ada.storage.files()).block(sha256(bytes), true)).toBeUndefined()
})

it('files that lie aside go with their namespace', async () => {
  await thief.replica.changePerson({ type: 'revoke', key: ada.identity.author, until: 0, void: true })
  await world.settle(300_000)
  await ada.replica.forgetNamespace(ns)
  await restart()
  const files = await ada.storage.files()
  await files.upload('look', [], 1)
  expect(await files.hold({ cid: 'look', size: -1 }, [sha256(bytes)])).toEqual([false])
})
