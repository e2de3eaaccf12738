import { DocstoreError } from '../errors.ts'

/** The error for a name that no namespace can have. */
export function badName(): DocstoreError {
  return new DocstoreError('bad-name', 'A namespace name has 1 to 128 characters')
}
