import { DocstoreError } from '../../errors.ts'
import { MAX_HISTORY_DAYS } from '../../model/limits.ts'

/** The error of a time for which earlier versions cannot be kept. */
export function badHistory(): DocstoreError {
  return new DocstoreError('bad-option', `history is a whole number of days, from 0 (keep none) to ${MAX_HISTORY_DAYS}`)
}
