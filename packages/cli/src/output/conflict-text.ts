import type { Conflict, Document } from 'p2p-docstore'

/** What stands in the place of the CID of a version that has none: a delete, or a change of a deleted document. */
export const NO_CID = '-'

/** A version that lost, for people. */
export function conflictText({ _id, cid, at, by, field, value, document, won }: Conflict<Document>): string {
  const lost = field === undefined ? JSON.stringify(document) : `${field}: ${value === undefined ? 'taken away' : JSON.stringify(value)}`
  return `${_id}  ${cid ?? NO_CID}  ${at}  ${by}\n  ${lost}\n  lost to what was written ${won.at} by ${won.by}`
}
