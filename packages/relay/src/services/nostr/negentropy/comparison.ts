import type { ComparedSet } from './compared-set.ts'

/** A comparison of one client; without a set while that is read. */
export interface Comparison {
  set: ComparedSet | undefined
  usedAt: number
}
