import { cidText, contentCidText, DAG_JSON, parseCid } from '../../model/encoding/cid.ts'
import { DocstoreError } from '../../errors.ts'

/** CID of what a document says, `undefined` where there is none. */
export function cidOfContent(content: string | null): string | undefined {
  return content === null ? undefined : contentCidText(content)
}

/** The same from its sha-256. */
export function cidOfDigest(digest: Uint8Array | null): string | undefined {
  return digest === null ? undefined : cidText(DAG_JSON, digest)
}

/** Throws `bad-option` for what cannot be the `if` of a write: a CID, or `null` for a document that shall not be there yet. */
export function checkExpected(expected: unknown): void {
  if (expected === undefined || expected === null || (typeof expected === 'string' && parseCid(DAG_JSON, expected) !== undefined)) return
  throw new DocstoreError(
    'bad-option',
    `if is the CID of a version, as put and get with { meta: true } give it, or null where there shall be none, not ${JSON.stringify(expected)?.slice(0, 80)}`,
  )
}

/** The error of a write whose `if` is not what the document says now: with what it says, as `cid` and `document`, where it is there. */
export function conflictWith(id: string, content: string | null): DocstoreError {
  const cid = cidOfContent(content)
  const now = cid === undefined ? 'there is none now' : `it has the CID ${cid} now`
  return new DocstoreError('conflict', `The document ${JSON.stringify(id)} is not what this write expects: ${now}. Nothing was written`, {
    details: content === null ? { _id: id } : { _id: id, cid, document: JSON.parse(content) },
  })
}
