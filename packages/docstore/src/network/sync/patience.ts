/** What somebody waits for, and for how long at a standstill. */
export interface Patience {
  readonly timeoutMs: number
  /** A number that changes whenever something moves. */
  readonly moved: () => number
  /** Calls back when something may have moved; returns the way to stop. */
  readonly onChange: (listener: () => void) => () => void
}

/** Runs work whose signal aborts when nothing has moved for so long: a large transfer takes its time, a dead connection does not. */
export async function patiently<T>({ timeoutMs, moved, onChange }: Patience, work: (abort: AbortSignal) => Promise<T>): Promise<T> {
  const idle = new AbortController()
  const end = (): void => idle.abort()
  let before = moved()
  let timer = setTimeout(end, timeoutMs)
  const unlisten = onChange(() => {
    const now = moved()
    if (now === before) return
    before = now
    clearTimeout(timer)
    timer = setTimeout(end, timeoutMs)
  })
  try {
    return await work(idle.signal)
  } finally {
    clearTimeout(timer)
    unlisten()
  }
}
