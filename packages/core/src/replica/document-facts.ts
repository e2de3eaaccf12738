import { contentCidText } from '../model/encoding/cid.ts'
import { authorId } from './people/principal-id.ts'
import type { ShownFacts } from '../storage/storage.ts'
import type { DocumentFacts } from './types.ts'

/** What is known of a document, as callers are told it. */
export function documentFacts(content: string, { at, by, exp = null }: Omit<ShownFacts, 'exp'> & Partial<ShownFacts>): DocumentFacts {
  return { cid: contentCidText(content), at, by: authorId(by), ...(exp === null ? {} : { exp }) }
}
