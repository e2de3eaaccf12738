import { DocstoreError } from '../../errors.ts'
import { recordKey } from '../../model/record.ts'

/** The record key of a document. Throws `bad-id`. */
export function checkedKey(collection: string, id: string): string {
  const key = recordKey(collection, id)
  if (key !== undefined) return key
  throw new DocstoreError('bad-id', `The id ${JSON.stringify(id.slice(0, 80))} is empty, too long or has characters that ids cannot have`)
}
