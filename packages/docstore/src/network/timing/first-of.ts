import { delay } from './delay.ts'

/** How several are asked who may all have the same. */
export interface FirstOfOptions {
  readonly signal: AbortSignal
  /** How long one may take until the next is asked as well, milliseconds. */
  readonly nextMs: number
  /** How many are asked at once. */
  readonly atOnce: number
}

/**
 * Asks one after another, the next as soon as one has nothing, fails or takes its time; the first that has something ends the others. Failures are as good
 * as nothing. `undefined` where nobody has it, or the signal aborts.
 */
export async function firstOf<T>(
  questions: readonly ((signal: AbortSignal) => Promise<T | undefined>)[],
  { signal, nextMs, atOnce }: FirstOfOptions,
): Promise<T | undefined> {
  const done = new AbortController()
  const end = AbortSignal.any([signal, done.signal])
  let found: T | undefined
  const underWay = new Set<Promise<void>>()
  const begin = (ask: (signal: AbortSignal) => Promise<T | undefined>): void => {
    const work = ask(end)
      .then((answer) => {
        if (answer === undefined || found !== undefined) return
        found = answer
        done.abort()
      })
      .catch(() => undefined)
      .finally(() => underWay.delete(work))
    underWay.add(work)
  }
  for (const question of questions) {
    if (end.aborted) break
    begin(question)
    const next = new AbortController()
    // One that stands still must not hold up the others; more than a few at a time would be asked in vain.
    const patience = underWay.size < atOnce ? [delay(nextMs, AbortSignal.any([end, next.signal]))] : []
    await Promise.race([...underWay, ...patience])
    next.abort()
  }
  while (!end.aborted && underWay.size > 0) await Promise.race(underWay)
  done.abort()
  // What was asked for needlessly ends by itself, with its signal.
  await Promise.allSettled(underWay)
  return found
}
