import { cidOfBytes, DAG_JSON } from '../model/encoding/cid.ts'
import { didOf } from '../model/keys/identity.ts'
import type { ShownFacts } from '../storage/storage.ts'
import type { DocumentFacts } from './types.ts'

/** What is known of a document, as callers are told it. */
export function documentFacts(content: string, { at, by, exp = null }: Omit<ShownFacts, 'exp'> & Partial<ShownFacts>): DocumentFacts {
  return { cid: cidOfBytes(DAG_JSON, content).toString(), at, by: didOf(by), ...(exp === null ? {} : { exp }) }
}
