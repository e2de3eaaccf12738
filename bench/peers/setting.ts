import type { Contestant } from './contestants.ts'

/** What one measurement works on. */
export interface Setting {
  readonly contestant: Contestant
  readonly count: number
  /** An empty folder. */
  readonly folder: string
  /** Longest time of one step, milliseconds. */
  readonly limitMs: number
}
