import { expect, it } from 'vitest'
import { openReplica } from '../replica/open-replica.ts'
import { openNodeStorage } from '../storage/open-node.ts'
import { KeptPositions } from './kept-positions.ts'

it('keeps the positions of each peer and namespace, and never more than a few peers', async () => {
  const replica = await openReplica(openNodeStorage(':memory:'))
  const load = (ns: string, epoch: string): Promise<KeptPositions> => KeptPositions.load(replica, ns, epoch, Date.now)
  await (await load('one', 'a')).note({ pulled: 5, pushed: 7 }, { isFinal: true })
  await (await load('two', 'a')).note({ pulled: 1 }, { isFinal: true })
  expect((await load('one', 'a')).current).toEqual({ pulled: 5, pushed: 7 })
  expect((await load('two', 'a')).current).toEqual({ pulled: 1, pushed: 0 })
  expect((await load('one', 'b')).current).toEqual({ pulled: 0, pushed: 0 })
  for (let i = 0; i < 100; i++) await (await load('one', `new-${i}`)).note({ pulled: 1 }, { isFinal: true })
  expect((await replica.listMeta('positions/one/')).length).toBeLessThanOrEqual(16)
  expect((await load('two', 'a')).current).toEqual({ pulled: 1, pushed: 0 })
  await replica.close()
})
