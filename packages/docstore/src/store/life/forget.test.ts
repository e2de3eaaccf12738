import { DocstoreError, createNetwork, openReplica } from '@p2p-docstore/core'
import { openNodeStorage } from '@p2p-docstore/core/storage/node'
import { expect, it } from 'vitest'
import type { Namespace } from '../namespace.ts'
import { forgetNamespace } from './forget.ts'

it('a namespace is kept where a relay has its documents and not yet a file of which all is here', async () => {
  const replica = await openReplica(openNodeStorage(':memory:'), { network: createNetwork('forget').bytes, aside: false })
  const { id } = await replica.createNamespace({ name: 'notes', write: 'owner' })
  const delivered = new Set(['a'])
  const namespace = {
    id,
    status: async () => ({ pending: { waiting: 0, refused: 0 }, have: 3, synced: true }),
    listFiles: async () => ['a', 'b', 'partial'].map((cid) => ({ cid, here: cid !== 'partial' })),
    fileDelivered: async (cid: string) => {
      if (!delivered.has(cid)) throw new DocstoreError('not-delivered', 'no relay has it')
    },
  } as unknown as Namespace
  const forget = () => forgetNamespace(namespace, replica, undefined, {})
  await expect(forget()).rejects.toMatchObject({ code: 'not-delivered', message: expect.stringContaining('file b'), details: { files: 1 } })
  expect(await replica.namespaceIds()).toEqual([id])
  delivered.add('b')
  await forget()
  expect(await replica.namespaceIds()).toEqual([])
  await replica.close()
})
