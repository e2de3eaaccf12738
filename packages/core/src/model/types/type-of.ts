import type { HeadBody } from '../namespace/head-body.ts'
import type { CollectionType } from './collection-type.ts'

/** The type of a collection. */
export function typeOf({ collections }: Pick<HeadBody, 'collections'>, collection: string): CollectionType {
  return collections !== undefined && Object.hasOwn(collections, collection) ? (collections[collection]?.type ?? 'lww') : 'lww'
}
