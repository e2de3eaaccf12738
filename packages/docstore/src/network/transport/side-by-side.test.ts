import { afterEach, describe, expect, it, vi } from 'vitest'
import { sideBySide, type Way } from './side-by-side.ts'

const signal = new AbortController().signal
const discard = (): never => {
  throw new Error('nothing came late')
}

afterEach(() => vi.useRealTimers())

/** A way that leads nowhere, and what becomes of it. */
function nowhere(): { readonly way: Way<string>; readonly isGivenUp: () => boolean; readonly hasBegun: () => boolean } {
  let given: AbortSignal | undefined
  const way: Way<string> = (abort) => {
    given = abort
    return new Promise((_, reject) => abort.addEventListener('abort', () => reject(abort.reason as Error)))
  }
  return { way, isGivenUp: () => given?.aborted === true, hasBegun: () => given !== undefined }
}

const works = async (): Promise<string> => 'there'
const fails = async (): Promise<string> => {
  throw new Error('refused')
}

describe('ways that are tried side by side', () => {
  it('end with the first that leads there, however many before it lead nowhere, and the others are given up', async () => {
    const before = Array.from({ length: 6 }, nowhere)
    const after = nowhere()
    const ways = [...before.map(({ way }) => way), works, after.way]
    expect(await sideBySide(ways, { signal, discard, headStartMs: 5, timeoutMs: 20_000 })).toBe('there')
    expect(before.every(({ isGivenUp }) => isGivenUp())).toBe(true)
    expect(after.hasBegun()).toBe(false)
  })

  it('begin at once where the one before has failed', async () => {
    expect(await sideBySide([fails, fails, works], { signal, discard, headStartMs: 60_000 })).toBe('there')
  })

  it('have a time limit each, and say why none led there', async () => {
    const { way } = nowhere()
    const failed = sideBySide([way, fails], { signal, discard, headStartMs: 1, timeoutMs: 20 })
    await expect(failed).rejects.toMatchObject({ errors: [{ message: 'refused' }, { name: 'TimeoutError' }] })
    await expect(sideBySide([], { signal, discard })).rejects.toMatchObject({ errors: [] })
  })

  it('hold nobody up where one does not heed its signal', async () => {
    const deaf = (): Promise<string> => new Promise(() => undefined)
    await expect(sideBySide([deaf], { signal, discard, timeoutMs: 10, headStartMs: 1 })).rejects.toBeInstanceOf(AggregateError)
    const asked = new AbortController()
    const failed = sideBySide([deaf], { signal: asked.signal, discard })
    asked.abort(new Error('not wanted any more'))
    await expect(failed).rejects.toThrow('not wanted any more')
  })

  it('have a signal that does not abort once they led there, whatever becomes of the others and of who asked', async () => {
    const asked = new AbortController()
    let given: AbortSignal | undefined
    const kept = async (abort: AbortSignal): Promise<string> => {
      given = abort
      return 'there'
    }
    vi.useFakeTimers()
    const dial = sideBySide([nowhere().way, kept], { signal: asked.signal, discard })
    await vi.advanceTimersByTimeAsync(60_000)
    expect(await dial).toBe('there')
    asked.abort()
    expect(given?.aborted).toBe(false)
  })

  it('hand over what comes when it is decided', async () => {
    const late = Promise.withResolvers<string>()
    const discarded: string[] = []
    expect(await sideBySide([() => late.promise, works], { signal, discard: (one) => discarded.push(one), headStartMs: 1 })).toBe('there')
    late.resolve('too late')
    await expect.poll(() => discarded).toEqual(['too late'])
  })

  it('do not throw away what two of them bring, when that is the same', async () => {
    const connection = {}
    const both = Promise.withResolvers<object>()
    const thrown: object[] = []
    const second = async (): Promise<object> => {
      both.resolve(connection)
      return both.promise
    }
    const ways = [() => both.promise, second]
    expect(await sideBySide(ways, { signal, discard: (late) => thrown.push(late), headStartMs: 1 })).toBe(connection)
    await new Promise((done) => setImmediate(done))
    expect(thrown).toEqual([])
  })
})
