import { expect, it } from 'vitest'
import { sha256 } from '#crypto'
import { blockCid } from '../../files/file-cid.ts'
import { addNamespace, put, sealOver } from '../../testing/storage/fixtures.ts'
import { openNodeStorage } from '../open-node.ts'

it('files go with their namespace into another network, but for those whose documents stay behind', async () => {
  const storage = openNodeStorage(':memory:')
  const ns = await addNamespace(storage)
  const files = await storage.files()
  const [kept, left] = ['kept', 'left'].map((name) => {
    const bytes = new TextEncoder().encode(name)
    const digest = sha256(bytes)
    return { block: { digest, bytes }, cid: blockCid({ level: 0 }, digest).toString(), size: bytes.length }
  })
  if (kept === undefined || left === undefined) throw new Error('Two files are made')
  for (const file of [kept, left]) {
    const entry = { ...put({ collection: 'files', id: file.cid, fields: { size: file.size } }), seal: 0 }
    await storage.commit(ns, [entry], { seals: [sealOver([{ hash: sha256(file.cid) }])] })
    await files.store(file, [file.block])
  }
  const [stored] = await storage.namespaces()
  if (stored === undefined) throw new Error('The namespace is there')
  await storage.moveNamespaces(
    [
      {
        ...stored,
        cid: 'moved',
        restate: ({ id, slot }) => (id === left.cid ? undefined : { slot, hash: sha256('restated'), kh: null }),
        sealWith: () => sealOver([{ hash: sha256('restated') }]),
      },
    ],
    new Map(),
  )
  expect(await files.named(ns, kept.cid)).toMatchObject({ size: kept.size })
  expect(await files.named(ns, left.cid)).toBeUndefined()
  expect(await files.block(left.block.digest)).toBeUndefined()
  expect(await files.block(kept.block.digest)).toEqual(kept.block.bytes)
  await storage.close()
})
