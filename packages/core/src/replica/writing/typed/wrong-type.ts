import { DocstoreError } from '../../../errors.ts'
import type { SetType } from '../../../model/types/collection-type.ts'

/** The error of what documents of a type do not take. */
export function wrongType(collection: string, type: SetType, why: string): DocstoreError {
  return new DocstoreError('wrong-type', `The collection "${collection}" has the type ${type}: ${why}`)
}
