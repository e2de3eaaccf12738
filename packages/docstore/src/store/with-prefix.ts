import { DocstoreError, namesAuthor } from '@p2p-docstore/core'

/** The id of a document as it is stored: where each author has documents of their own, one without a name is one of ours. */
export function withPrefix(id: unknown, prefix: string): string {
  if (typeof id !== 'string') throw new DocstoreError('bad-id', `The _id of a document is a string, not ${typeof id}`)
  return prefix === '' || namesAuthor(id) ? id : prefix + id
}
