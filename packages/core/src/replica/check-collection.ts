import { DocstoreError } from '../errors.ts'
import { isCollectionName } from '../model/namespace/collection-name.ts'

/** Throws `bad-collection` for what cannot be the name of one. */
export function checkCollection(name: string): void {
  if (!isCollectionName(name)) throw new DocstoreError('bad-collection', 'A collection name has 1 to 64 letters, digits, "_" or "-"')
}
