import { delay } from './delay.ts'

/** How often waiting calls look again; changes wake them earlier. */
const POLL_MS = 1000

/** Calls back when something may have changed; returns the way to stop. */
export type Listen = (listener: () => void) => () => void

/** Resolves when the condition holds or the signal aborts; looks again at every change that it is told of. */
export async function until(condition: () => boolean, onChange: Listen, signal: AbortSignal): Promise<void> {
  while (!condition() && !signal.aborted) {
    const changed = new AbortController()
    const unlisten = onChange(() => changed.abort())
    await delay(POLL_MS, AbortSignal.any([signal, changed.signal]))
    unlisten()
  }
}

/** A signal that aborts with one of these, or after so long. */
export function limited(timeoutMs: number, ...signals: readonly (AbortSignal | undefined)[]): AbortSignal {
  return AbortSignal.any([AbortSignal.timeout(timeoutMs), ...signals.filter((signal) => signal !== undefined)])
}
