import { aborted, delay } from '../timing/index.ts'

/** How long one way may take alone before the next one begins beside it, milliseconds: most that work do so in less. */
const HEAD_START_MS = 300
/** How long one way may take, milliseconds: a greeting over a slow line, but no more than a person waits. */
const WAY_TIMEOUT_MS = 8000

/** One way to somebody; it ends when its signal aborts. */
export type Way<T> = (signal: AbortSignal) => Promise<T>

/** How several ways are tried. */
export interface SideBySideOptions<T> {
  readonly signal: AbortSignal
  /** Gets what a way brings that was given up. */
  readonly discard: (late: T) => void
  /** How long one may take alone before the next begins, and at most, milliseconds. */
  readonly headStartMs?: number
  readonly timeoutMs?: number
}

/**
 * Tries several ways side by side, as [RFC 8305](https://www.rfc-editor.org/rfc/rfc8305) does with addresses: each begins a moment after the one
 * before it, or at once when that one has failed, and has its own time limit. Resolves with the first that leads there; the others are given up, and what they
 * bring later goes to `discard`. Throws an `AggregateError` of why each failed, or why the signal aborted.
 */
export async function sideBySide<T>(
  ways: readonly Way<T>[],
  { signal, discard, headStartMs = HEAD_START_MS, timeoutMs = WAY_TIMEOUT_MS }: SideBySideOptions<T>,
): Promise<T> {
  const errors: unknown[] = []
  const over = new AbortController()
  const end = (): void => over.abort()
  const late = setTimeout(end, ways.length * headStartMs + timeoutMs)
  signal.addEventListener('abort', end, { once: true })
  if (signal.aborted) end()
  let first: { readonly value: T } | undefined
  const attempt = async (way: Way<T>): Promise<void> => {
    try {
      const value = await limited(way, over.signal, timeoutMs)
      if (over.signal.aborted) {
        // Two ways can bring the same: libp2p gives a connection that is there instead of dialling.
        if (value !== first?.value) discard(value)
      } else {
        first = { value }
        end()
      }
    } catch (error) {
      errors.push(error)
    }
  }
  const attempts: Promise<void>[] = []
  for (const way of ways) {
    if (over.signal.aborted) break
    const begun = attempt(way)
    attempts.push(begun)
    await Promise.race([begun, delay(headStartMs, over.signal)])
  }
  // One that does not heed its signal holds nobody up.
  await Promise.race([Promise.all(attempts), aborted(over.signal)])
  clearTimeout(late)
  signal.removeEventListener('abort', end)
  end()
  if (first !== undefined) return first.value
  signal.throwIfAborted()
  throw new AggregateError(errors, 'None of the ways leads there')
}

/** One way with a time limit. Its signal never aborts once it has led there: to libp2p, that would be the end of the connection. */
async function limited<T>(way: Way<T>, over: AbortSignal, timeoutMs: number): Promise<T> {
  const ended = new AbortController()
  const giveUp = (): void => ended.abort(new DOMException('The way was given up', 'AbortError'))
  const late = setTimeout(() => ended.abort(new DOMException('The way took too long', 'TimeoutError')), timeoutMs)
  over.addEventListener('abort', giveUp, { once: true })
  try {
    return await way(ended.signal)
  } finally {
    clearTimeout(late)
    over.removeEventListener('abort', giveUp)
  }
}
