import { useEffect, useState } from 'react'
import { errorText } from './error-text.ts'
import { Refresher } from './refresher.ts'

/** A value that is loaded, and loaded again when it may have changed. */
export interface Live<T> {
  /** The last value, also while a newer one is on its way. */
  readonly value: T | undefined
  readonly error: string | undefined
  /** Whether the value belongs to an earlier `load`. */
  readonly isPending: boolean
}

/** Shortest pause between two loads unless told otherwise, milliseconds. */
const DEFAULT_PAUSE_MS = 150

/** What `load` gives, now and after every nudge. Both functions must be stable: a new one starts over. */
export function useLive<T>(load: () => Promise<T>, subscribe: (nudge: () => void) => () => void, pauseMs: number = DEFAULT_PAUSE_MS): Live<T> {
  const [live, setLive] = useState<Live<T>>({ value: undefined, error: undefined, isPending: true })
  useEffect(() => {
    let isCurrent = true
    setLive((last) => (last.isPending ? last : { ...last, isPending: true }))
    const work = async (): Promise<void> => {
      try {
        const value = await load()
        if (isCurrent) setLive({ value, error: undefined, isPending: false })
      } catch (error) {
        if (isCurrent) setLive((last) => ({ value: last.value, error: errorText(error), isPending: false }))
      }
    }
    const refresher = new Refresher(work, { pauseMs })
    const unsubscribe = subscribe(() => refresher.nudge())
    refresher.nudge()
    return () => {
      isCurrent = false
      refresher.stop()
      unsubscribe()
    }
  }, [load, subscribe, pauseMs])
  return live
}
