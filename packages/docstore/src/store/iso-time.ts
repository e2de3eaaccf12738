import { msFromTime } from '@p2p-docstore/core'

/** The second that was told last, in whole seconds since 1970, and its text without what follows. Writes come many a second, and a date takes as long as the rest of the answer. */
let lastSecond = Number.NaN
let lastText = ''

/** A hybrid time as ISO text. */
export function isoTime(at: number): string {
  const ms = msFromTime(at)
  const second = Math.floor(ms / 1000)
  if (second !== lastSecond) {
    lastText = new Date(second * 1000).toISOString().slice(0, -'000Z'.length)
    lastSecond = second
  }
  return `${lastText}${String(ms - second * 1000).padStart(3, '0')}Z`
}
