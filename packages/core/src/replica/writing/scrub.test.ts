import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { DocstoreError } from '../../errors.ts'
import { openNodeStorage } from '../../storage/open-node.ts'
import { openReplica } from '../open-replica.ts'

beforeEach(() => void vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] }))
afterEach(() => void vi.useRealTimers())

it('a clean-up that finds no space is tried again, though nothing more is written', async () => {
  const storage = openNodeStorage(':memory:')
  const replica = await openReplica(storage)
  const { id } = await replica.createNamespace({ name: 'notes', write: 'owner' })
  await replica.write(id, 'docs', [{ id: 'a', content: '{"_id":"a"}' }])
  await vi.advanceTimersByTimeAsync(10_000)
  let isFull = true
  const scrub = vi.spyOn(storage, 'scrub').mockImplementation(() => {
    if (isFull) throw new DocstoreError('disk-full', 'planned')
  })
  await replica.write(id, 'docs', [{ id: 'a', content: null }])
  await vi.advanceTimersByTimeAsync(20_000)
  expect(scrub.mock.calls.length).toBeGreaterThan(2)
  isFull = false
  await vi.advanceTimersByTimeAsync(5_000)
  scrub.mockClear()
  await vi.advanceTimersByTimeAsync(60_000)
  expect(scrub).not.toHaveBeenCalled()
  await replica.close()
})
