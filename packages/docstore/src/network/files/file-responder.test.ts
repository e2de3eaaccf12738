import { CHUNK_BYTES, encodeCbor, Ledger } from '@p2p-docstore/core'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createDocstore, type Docstore, type Namespace } from '../../index-node.ts'
import { Bell } from './bell.ts'
import { FileResponder } from './file-responder.ts'
import { GivenBlocks } from './given-blocks.ts'
import { decodeFileResponse, encodeFileMessage, type FileRequest, type FileResponse } from './messages.ts'

let store: Docstore
let album: Namespace
const changed = new Bell()
const given = new GivenBlocks()
const misdeeds: string[] = []
const offered: string[] = []

beforeEach(async () => {
  store = await createDocstore({ network: 'off' })
  album = await store.namespaces.create({ name: 'album' })
})
afterEach(async () => {
  await store.close()
  misdeeds.length = 0
  offered.length = 0
})

function responder(): FileResponder {
  return new FileResponder({
    replica: store.replica,
    changed,
    given,
    ledger: new Ledger(),
    peer: 'asker',
    onHolder: (_, cid) => offered.push(cid),
    onMisdeed: (misdeed) => misdeeds.push(misdeed),
  })
}

async function answer(request: FileRequest, signal = new AbortController().signal): Promise<FileResponse> {
  const { frame } = await responder().respond(encodeFileMessage(request), signal)
  const response = decodeFileResponse(frame)
  if (!response.ok) throw new Error(response.reason)
  return response.value
}

const NOTHING = 'bafkreihdwdcefgh4dqkjv67uzcmw7ojee6xedzdetojuzjevtenxquvyku'
const piece = new Uint8Array(CHUNK_BYTES).fill(7)

describe('who is asked for a block', () => {
  it('gives what a document names, and nothing that was deleted or is only being put', async () => {
    const { cid } = await album.putFile(piece)
    expect(await answer({ t: 'block', cid })).toEqual({ t: 'block', bytes: piece })
    expect(given.of('asker')).toBe(1)
    await album.deleteFile(cid)
    expect(await answer({ t: 'block', cid })).toEqual({ t: 'none' })
    await store.replica.uploadPieces('upload:1', [piece])
    expect(await answer({ t: 'block', cid })).toEqual({ t: 'none' })
    expect(await answer({ t: 'block', cid: NOTHING })).toEqual({ t: 'none' })
    expect(misdeeds).toEqual([])
  })

  it.each([
    ['nothing', new Uint8Array()],
    ['noise', Uint8Array.of(255, 1, 2)],
    ['a request with a field more', encodeCbor({ t: 'block', cid: NOTHING, more: 1 })],
    ['a block by a text that is no CID', encodeCbor({ t: 'block', cid: 'bafy' })],
    ['a block by the CID of a document', encodeCbor({ t: 'block', cid: 'baguqeerasords4njcts6vs7qvdjfcvgnume4hqohf65zsfguprqphs3icwea' })],
    ['a file of no namespace', encodeCbor({ t: 'whole', ns: 'x', cid: NOTHING, size: 1, wait: 1 })],
    [
      'a file that is too large',
      encodeCbor({ t: 'whole', ns: 'bafyreigh2akiscaildcqabsyg3dfr6chu3fgpregiymsck7e7aqa4s52zy', cid: NOTHING, size: 2 ** 31, wait: 1 }),
    ],
    ['a frame that is too large', new Uint8Array(2000)],
  ])('ends the stream at %s', async (_, frame) => {
    const { frame: reply, isLast } = await responder().respond(frame, new AbortController().signal)
    expect(isLast).toBe(true)
    expect(decodeFileResponse(reply)).toMatchObject({ ok: true, value: { t: 'error' } })
    expect(misdeeds).toEqual(['malformed'])
  })
})

describe('who is asked for a whole file', () => {
  const ask = (cid: string, { size = CHUNK_BYTES, wait = 20_000 } = {}): FileRequest => ({ t: 'whole', ns: album.id, cid, size, wait })

  it('says so at once where it is', async () => {
    const { cid } = await album.putFile(piece)
    expect(await answer(ask(cid))).toEqual({ t: 'whole', whole: true })
    expect(offered).toEqual([])
  })

  it('says no when the time is over, and takes nobody for a holder of what no document names', async () => {
    const { cid } = await album.putFile(piece)
    expect(await answer(ask(cid, { size: 5, wait: 1 }))).toEqual({ t: 'whole', whole: false })
    expect(await answer(ask(NOTHING, { wait: 1 }))).toEqual({ t: 'whole', whole: false })
    expect(offered).toEqual([])
  })

  it('says so as soon as it is, and asks the one who has it', async () => {
    const { cid } = await album.putFile(piece)
    await album.deleteFile(cid)
    const waiting = answer(ask(cid))
    await album.collection('files').put({ _id: cid, size: CHUNK_BYTES })
    changed.ring()
    await expect.poll(() => offered).toEqual([cid])
    await album.putFile(piece)
    changed.ring()
    expect(await waiting).toEqual({ t: 'whole', whole: true })
    expect(offered).toEqual([cid])
  })

  it('lets go of who is gone', async () => {
    const gone = new AbortController()
    const waiting = answer(ask(NOTHING), gone.signal)
    gone.abort()
    expect(await waiting).toEqual({ t: 'whole', whole: false })
  })
})
