import { expect, it } from 'vitest'
import { MAX_NAMESPACES } from '../replica/limits.ts'
import { NewsQueue } from './news-queue.ts'

it('a namespace that the other side has left makes room for another', () => {
  const source = { replica: { onCommit: () => () => undefined } } as unknown as ConstructorParameters<typeof NewsQueue>[0]
  const queue = new NewsQueue(source, new AbortController().signal)
  for (let i = 0; i < MAX_NAMESPACES + 10; i++) {
    queue.follow([{ ns: `namespace ${i}`, since: 0 }])
    queue.follow([{ ns: `namespace ${i}`, since: Number.MAX_SAFE_INTEGER }])
  }
  for (let i = 0; i <= MAX_NAMESPACES; i++) queue.follow([{ ns: `other ${i}`, since: 0 }])
  expect(() => queue.follow([{ ns: 'one more', since: 0 }])).toThrowError(expect.objectContaining({ code: 'too-large' }))
})
