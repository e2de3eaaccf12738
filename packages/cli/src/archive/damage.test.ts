import { createNetwork, errorCode, openReplica } from '@p2p-docstore/core'
import { openNodeStorage } from '@p2p-docstore/core/storage/node'
import { buffer } from 'node:stream/consumers'
import { describe, expect, it } from 'vitest'
import { openCar } from './car-reader.ts'
import { streamCar } from './car-writer.ts'
import { exportBlocks } from './export-blocks.ts'
import { readExportHead, restore } from './restore.ts'

const network = createNetwork('damage')
const open = () => openReplica(openNodeStorage(':memory:'), { network: network.bytes, aside: false })

async function exported(): Promise<Buffer> {
  const replica = await open()
  const { id } = await replica.createNamespace({ name: 'notes', write: 'anyone' })
  const writes = Array.from({ length: 1200 }, (_, n) => ({ id: `${n}`, content: `{"_id":"${n}","text":"${'z'.repeat(n % 300)}"}` }))
  await replica.write(id, 'docs', writes)
  const file = await buffer(streamCar(exportBlocks(replica, id), new AbortController().signal))
  await replica.close()
  return file
}

async function codeOf(file: Buffer): Promise<string | undefined> {
  const replica = await open()
  try {
    const car = await openCar(
      (async function* () {
        for (let at = 0; at < file.length; at += 65_536) yield file.subarray(at, at + 65_536)
      })(),
    )
    await restore(replica, await readExportHead(car), car.blocks)
    return 'whole'
  } catch (error) {
    return errorCode(error)
  } finally {
    await replica.close()
  }
}

const whole = await exported()
const changed = (at: number): Buffer => {
  const copy = Buffer.from(whole)
  copy[at] = (copy[at] ?? 0) ^ 1
  return copy
}
// A block in the middle: its length is a varint before the CID that begins with 01 a9 02.
const contentStart = Buffer.from([0x01, 0xa9, 0x02, 0x12, 0x20])
const blockAt = whole.indexOf(contentStart, whole.length >> 1)
const next = whole.indexOf(contentStart, blockAt + 40)

describe('an export that is damaged', () => {
  it('is one that is read where nothing was done to it', async () => {
    expect(await codeOf(whole)).toBe('whole')
  })

  it.each<[string, Buffer]>([
    ['empty', Buffer.alloc(0)],
    ['text', Buffer.from('this is no CAR file at all')],
    ['changed in the header', changed(10)],
    ['changed in the root', changed(40)],
    ['changed in the network', changed(120)],
    ['changed in the middle', changed(whole.length >> 1)],
    ['changed in the end', changed(whole.length - 3)],
    ['cut', whole.subarray(0, whole.length - 100)],
    ['half', whole.subarray(0, whole.length >> 1)],
    ['longer', Buffer.concat([whole, whole.subarray(-60)])],
    ['without one of its blocks', Buffer.concat([whole.subarray(0, blockAt - 2), whole.subarray(next - 2)])],
    ['with a length beyond all files', Buffer.concat([whole.subarray(0, 200), Buffer.from([0xff, 0xff, 0xff, 0xff, 0x7f]), whole.subarray(200)])],
  ])('is refused: %s', async (_, file) => {
    expect(await codeOf(file)).toBe('bad-export')
  })
})

it('an export of somebody who did not know of the end gives what is not later than that', async () => {
  const [owner, other] = [await open(), await open()]
  const { id } = await owner.createNamespace({ name: 'notes', write: 'anyone' })
  const share = async (): Promise<void> => {
    const { genesis, head, signature } = (await owner.exportNamespace(id)) ?? never()
    await other.importNamespace(genesis, head, signature)
  }
  const restoreInto = async (replica: Awaited<ReturnType<typeof open>>, file: Buffer): Promise<string> => {
    const car = await openCar(
      (async function* () {
        yield file
      })(),
    )
    return (await restore(replica, await readExportHead(car), car.blocks)).id
  }
  await share()
  await other.write(id, 'docs', [{ id: 'a', content: '{"_id":"a"}' }])
  await other.update(id, 'docs', { id: 'a', changes: { $set: { early: true } } })
  await restoreInto(owner, await buffer(streamCar(exportBlocks(other, id), new AbortController().signal)))
  await owner.changeHead(id, { end: true })
  await other.update(id, 'docs', { id: 'a', changes: { $set: { late: true } } })
  await other.write(id, 'docs', [{ id: 'b', content: '{"_id":"b"}' }])
  const file = await buffer(streamCar(exportBlocks(other, id), new AbortController().signal))
  const { root } = await owner.summary(id)
  expect(await restoreInto(owner, file)).toBe(id)
  expect((await owner.summary(id)).root).toBe(root)
  expect((await owner.find(id, 'docs', { limit: 9 })).contents).toEqual(['{"_id":"a","early":true}'])
  // The other way round what was too late goes, too.
  await share()
  expect((await other.summary(id)).root).toBe(root)
  await Promise.all([owner.close(), other.close()])
})

function never(): never {
  throw new Error('the namespace is not here')
}
