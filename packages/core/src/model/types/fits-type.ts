import { type CollectionType, isOfAuthors } from './collection-type.ts'
import { isCrdtPartIdOf } from './crdt-part-id.ts'
import { isLogId } from './log-id.ts'

/** What of a put decides whether it can be in a collection. */
export interface TypedPut {
  readonly at: number
  readonly by: Uint8Array
  readonly ownSlot?: true
  readonly id: string
  readonly isEdit: boolean
}

/** Whether a put can be in a collection of this type, by any author: every peer judges this alike. */
export function fitsType(type: CollectionType, { id, at, by, ownSlot, isEdit }: TypedPut): boolean {
  if (!isOfAuthors(type)) return ownSlot === undefined
  if (ownSlot === undefined || isEdit) return false
  return type === 'log' ? isLogId(id, at, by) : isCrdtPartIdOf(id, by)
}
