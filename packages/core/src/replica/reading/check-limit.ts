import { DocstoreError } from '../../errors.ts'
import { MAX_PAGE } from '../limits.ts'

/** Throws `bad-limit` where a page cannot have so many documents. */
export function checkLimit(limit: number): void {
  if (!Number.isInteger(limit) || limit < 1 || limit > MAX_PAGE) throw new DocstoreError('bad-limit', `A page has 1 to ${MAX_PAGE} documents`)
}
