import { expect, it } from 'vitest'
import { utf8 } from '../../../model/bytes.ts'
import { openNodeStorage } from '../../../storage/open-node.ts'
import { MAX_NOTED_UPDATES } from '../../limits.ts'
import { NotedUpdates } from './noted-updates.ts'

it('gives up the oldest update after a start, whatever it is called', async () => {
  const storage = openNodeStorage(':memory:')
  const result = (at: number) => ({ status: 'written', seq: at, at, cid: 'b' }) as const
  const nameOf = (i: number): string => `update-${String(i).padStart(12, '0')}`
  // The one that comes first by its name is the youngest.
  for (let i = 0; i < MAX_NOTED_UPDATES; i++) await storage.setMeta(`updated.${nameOf(i)}`, utf8(JSON.stringify(result(MAX_NOTED_UPDATES - i))))
  const note = await new NotedUpdates(storage).begin('a-new-update-of-now')
  const notes = note(result(MAX_NOTED_UPDATES + 1))
  expect(notes.map(([key, value]) => [key, value === undefined])).toEqual([
    ['updated.a-new-update-of-now', false],
    [`updated.${nameOf(MAX_NOTED_UPDATES - 1)}`, true],
  ])
  await storage.close()
})
