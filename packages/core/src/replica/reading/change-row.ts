import { authorId } from '../people/principal-id.ts'
import type { StoredRecord } from '../../storage/storage.ts'
import type { ChangeRow } from '../types.ts'

/** A record as readers of changes see it. */
export function changeOf({ seq, collection, id, content, by, at }: StoredRecord): ChangeRow {
  return { seq, collection: collection ?? '', id: id ?? '', content, by: authorId(by), at }
}
