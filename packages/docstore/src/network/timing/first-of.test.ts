import { expect, it } from 'vitest'
import { firstOf } from './first-of.ts'

const { signal } = new AbortController()
const never = (end: AbortSignal): Promise<undefined> =>
  new Promise((resolve) => end.addEventListener('abort', () => resolve(undefined), { once: true }))

it('takes what the first has that has something, and ends the others', async () => {
  let isEnded = false
  const standing = (end: AbortSignal): Promise<undefined> => {
    end.addEventListener('abort', () => (isEnded = true), { once: true })
    return never(end)
  }
  const failing = async (): Promise<string> => {
    throw new Error('broken')
  }
  const found = await firstOf<string>([failing, standing, async () => undefined, async () => 'here'], { signal, nextMs: 1, atOnce: 3 })
  expect([found, isEnded]).toEqual(['here', true])
})

it('has nothing where nobody has, and where the signal aborts', async () => {
  expect(await firstOf([async () => undefined], { signal, nextMs: 1, atOnce: 2 })).toBeUndefined()
  expect(await firstOf([], { signal, nextMs: 1, atOnce: 2 })).toBeUndefined()
  const ended = new AbortController()
  const asked = firstOf([never], { signal: ended.signal, nextMs: 1, atOnce: 2 })
  ended.abort()
  expect(await asked).toBeUndefined()
})
