import { nextTask } from '@p2p-docstore/core'

/** How long calls answer one after the other before everything else that waits has its turn, milliseconds. */
const LONGEST_MS = 10

let lastTurn = 0
let taking: Promise<void> | undefined

/**
 * What a call waits for where a program has made calls for a while without a pause, else `undefined`. On the thread that has the data, answers
 * come without the event loop, so `for (…) await notes.put(…)` would keep timers, sync and other programs from running until it ends.
 */
export function turn(): Promise<void> | undefined {
  if (performance.now() - lastTurn < LONGEST_MS) return undefined
  taking ??= nextTask().then(() => {
    lastTurn = performance.now()
    taking = undefined
  })
  return taking
}
