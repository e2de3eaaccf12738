import { createNetwork, createSeed, identityFromSeed, openReplica, parseCid, DAG_CBOR, signDevice } from '@p2p-docstore/core'
import { openNodeStorage } from '@p2p-docstore/core/storage/node'
import { buffer } from 'node:stream/consumers'
import { expect, it } from 'vitest'
import { openCar } from './car-reader.ts'
import { streamCar } from './car-writer.ts'
import { exportBlocks } from './export-blocks.ts'
import { readExportHead, restore } from './restore.ts'

const network = createNetwork('people')
const recovery = identityFromSeed(createSeed()).author

it('an export of what persons wrote brings their logs, so that it is judged where nobody knows them', async () => {
  const ada = await openReplica(openNodeStorage(':memory:'), { network: network.bytes, person: { recovery } })
  const eve = await openReplica(openNodeStorage(':memory:'), { network: network.bytes, person: { recovery } })
  const { id: person = '' } = (await ada.person()) ?? {}
  const cid = parseCid(DAG_CBOR, person)
  if (cid === undefined) throw new Error('no person')
  const phone = identityFromSeed(createSeed())
  await ada.changePerson({ type: 'add', key: phone.author, label: 'phone', proof: signDevice(cid, phone) })
  const { id } = await ada.createNamespace({ name: 'notes', write: 'anyone' })
  await ada.write(id, 'docs', [{ id: '1', content: '{"_id":"1"}' }])
  const { genesis, head, signature } = (await ada.exportNamespace(id)) ?? {}
  if (genesis === undefined || head === undefined || signature === undefined) throw new Error('no namespace')
  const owner = await eve.ownerLog(genesis)
  if (owner === undefined) throw new Error('no owner')
  await eve.importActs(id, (await ada.exportActs(id, [{ ...owner, skip: 0 }], 100_000)).logs, genesis)
  await eve.importNamespace(genesis, head, signature)
  await eve.write(id, 'docs', [{ id: '2', content: '{"_id":"2"}' }])
  const { batch } = await ada.batchSince(id, 0, { maxBytes: 100_000 })
  if (batch !== undefined) await eve.accept(id, batch)
  expect(await eve.count(id, 'docs', {})).toBe(2)

  const file = await buffer(streamCar(exportBlocks(eve, id), new AbortController().signal))
  const stranger = await openReplica(openNodeStorage(':memory:'), { network: network.bytes })
  const car = await openCar(
    (async function* () {
      yield file
    })(),
  )
  await restore(stranger, await readExportHead(car), car.blocks)
  expect(await stranger.summary(id)).toEqual(await eve.summary(id))
  expect(await stranger.logsDigest(id)).toEqual(await eve.logsDigest(id))
  expect((await stranger.getVersion(id, 'docs', '1'))?.by).toBe(person)
  await Promise.all([ada.close(), eve.close(), stranger.close()])
})
