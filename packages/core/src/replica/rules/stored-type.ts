import { mayWrite } from '../../model/record.ts'
import { isOfAuthors } from '../../model/types/collection-type.ts'
import { fitsType } from '../../model/types/fits-type.ts'
import { typeOf } from '../../model/types/type-of.ts'
import type { StoredRecord } from '../../storage/storage.ts'
import type { OpenNamespace } from '../open-namespace.ts'

/** Whether a stored record can be in its collection by the types of the head. A tombstone can be in each. */
export function fitsStoredType({ genesis: { genesis }, head: { head } }: OpenNamespace, record: StoredRecord): boolean {
  const { collection, id, at, by, ownSlot, edit, kh } = record
  if (kh !== null || collection === null || id === null) return true
  const type = typeOf(head.body, collection)
  // What members may is said by logs, whatever the types are.
  if (genesis.write !== 'members' && !mayWrite(genesis.write, genesis.owner, by, isOfAuthors(type) ? undefined : id)) return false
  return fitsType(type, { id, at, by, ...(ownSlot === undefined ? {} : { ownSlot }), isEdit: edit !== undefined })
}
