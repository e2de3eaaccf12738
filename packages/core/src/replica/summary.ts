import { toHex } from '../model/bytes.ts'
import type { SetTotal } from '../storage/storage.ts'
import type { Summary } from './types.ts'

/** A total as peers tell it. */
export function summaryOf({ fingerprint, ...total }: SetTotal): Summary {
  return { root: toHex(fingerprint), ...total }
}
