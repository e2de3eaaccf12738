export { Backoff, MAX_PAUSE_MS } from './backoff.ts'
export { delay } from './delay.ts'
export { durationText } from './duration-text.ts'
export { onWake } from './wake-events.ts'
