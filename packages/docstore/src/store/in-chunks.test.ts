import { expect, it } from 'vitest'
import { type ChunkOptions, inChunks } from './in-chunks.ts'

/** Chunks that were written, and a promise for the n-th of them. */
function recorder(signal?: AbortSignal): { chunks: number[][]; options: ChunkOptions<number, number>; written: (count: number) => Promise<void> } {
  const chunks: number[][] = []
  const waiting = new Set<() => void>()
  const options: ChunkOptions<number, number> = {
    read: (n) => {
      if (n < 0) throw new Error(`${n} cannot be used`)
      return n
    },
    write: async (chunk) => {
      chunks.push([...chunk])
      for (const look of waiting) look()
    },
    maxItems: 3,
    maxLength: 100,
    length: (n) => n,
    signal,
  }
  const written = (count: number): Promise<void> =>
    new Promise((resolve) => {
      const look = (): void => {
        if (chunks.length >= count) resolve()
      }
      waiting.add(look)
      look()
    })
  return { chunks, options, written }
}

it('writes full chunks, by number and by length, and what is left', async () => {
  const { chunks, options } = recorder()
  await inChunks([1, 2, 3, 99, 1, 5], options)
  expect(chunks).toEqual([[1, 2, 3], [99, 1], [5]])
})

it('writes what it has while an async iterable pauses, and goes on after it', async () => {
  const { chunks, options, written } = recorder()
  async function* pausing(): AsyncGenerator<number> {
    yield 1
    yield 2
    await written(1)
    yield* [3, 4, 5, 6]
  }
  await inChunks(pausing(), options)
  expect(chunks).toEqual([[1, 2], [3, 4, 5], [6]])
})

it('writes what it has when the signal ends it, though the iterable gives nothing more, and rejects with the reason', async () => {
  const controller = new AbortController()
  const { chunks, options } = recorder(controller.signal)
  let isClosed = false
  async function* endless(): AsyncGenerator<number> {
    try {
      yield* [1, 2]
      controller.abort(new Error('enough'))
      await new Promise(() => undefined)
    } finally {
      isClosed = true
    }
  }
  await expect(inChunks(endless(), options)).rejects.toThrow('enough')
  expect([chunks, isClosed]).toEqual([[[1, 2]], false])
  await expect(inChunks([7], options)).rejects.toThrow('enough')
  expect(chunks).toEqual([[1, 2]])
})

it('reads nothing where the signal was aborted before, rejects with the reason, and closes the iterable', async () => {
  const { chunks, options } = recorder(AbortSignal.abort(new Error('too late')))
  const calls: string[] = []
  const iterable: AsyncIterable<number> = {
    [Symbol.asyncIterator]: () => ({
      next: async () => {
        calls.push('next')
        return { done: true, value: undefined }
      },
      return: async () => {
        calls.push('return')
        return { done: true, value: undefined }
      },
    }),
  }
  await expect(inChunks(iterable, options)).rejects.toThrow('too late')
  await expect(inChunks([1, 2], options)).rejects.toThrow('too late')
  expect([chunks, calls]).toEqual([[], ['return']])
})

it('writes nothing of a chunk in which an element cannot be used, and closes the iterable', async () => {
  const { chunks, options } = recorder()
  let isClosed = false
  async function* bad(): AsyncGenerator<number> {
    try {
      yield* [1, 2, 3, 4, -1, 5]
    } finally {
      isClosed = true
    }
  }
  await expect(inChunks(bad(), options)).rejects.toThrow('-1 cannot be used')
  expect([chunks, isClosed]).toEqual([[[1, 2, 3]], true])
})

it('ends with a write that fails, though the iterable gives nothing more', async () => {
  const { options } = recorder()
  async function* silent(): AsyncGenerator<number> {
    yield 1
    await new Promise(() => undefined)
  }
  await expect(inChunks(silent(), { ...options, write: () => Promise.reject(new Error('disk full')) })).rejects.toThrow('disk full')
})
