import { type Document, msFromTime, type PendingChange } from '@p2p-docstore/core'

/** What was asked for in a namespace before it arrived. */
export interface Pending {
  /** Names it, for `dropPending`. */
  readonly key: string
  readonly kind: 'put' | 'delete' | 'index'
  readonly collection: string
  /** As it was given: where each author has documents of their own, it gets their name in front when the namespace arrives. */
  readonly _id: string | undefined
  readonly document: Document | undefined
  readonly fields: readonly string[] | undefined
  /** ISO time at which it was asked for. A document has this time when it is written. */
  readonly at: string
  /** Code of the reason why it was refused when the namespace arrived; `undefined` while it waits. */
  readonly refused: string | undefined
}

/** A change as users see it. */
export function pendingOf(change: PendingChange): Pending {
  const { key, collection, at, refused } = change
  const base = { key, collection, at: new Date(msFromTime(at)).toISOString(), refused }
  if ('fields' in change) return { ...base, kind: 'index', _id: undefined, document: undefined, fields: change.fields }
  const { id, content } = change
  const document = content === null ? undefined : (JSON.parse(content) as Document)
  return { ...base, kind: content === null ? 'delete' : 'put', _id: id, document, fields: undefined }
}
