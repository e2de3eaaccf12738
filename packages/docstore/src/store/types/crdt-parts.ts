import { base64url, canonicalJson, type CrdtPart, crdtPartId, type Document, DocstoreError, readCrdtPartId } from '@p2p-docstore/core'
import type { Change } from '../reading/changes.ts'
import type { FilterInput } from '../reading/found.ts'

/** Most that a reader takes of one shared document. */
const MAX_PARTS = 4096
const MAX_DOCUMENT_BYTES: number = 16 * 1024 * 1024

/** What is needed of the collection that shared documents lie in. */
export interface PartCollection {
  readonly name: string
  find(filter: FilterInput): AsyncIterable<Document>
  changes(options: { since: number; filter: FilterInput; signal: AbortSignal }): AsyncIterable<Change<Document>>
}

/** A part of a shared document as it was read. */
export interface ReadPart {
  readonly id: string
  readonly place: CrdtPart
  /** `undefined` where its document is none of a part. */
  readonly update: Uint8Array | undefined
}

/** The content of a part. */
export function partContent(place: CrdtPart, update: Uint8Array): string {
  return canonicalJson({ _id: crdtPartId(place), of: place.document, update: base64url.baseEncode(update) })
}

/** A part from its document; `undefined` where it belongs to another shared document. */
export function readPart(id: string, document: Readonly<Record<string, unknown>>): ReadPart | undefined {
  const place = readCrdtPartId(document['_id'] as string)
  if (place === undefined || place.document !== id) return undefined
  return { id: String(document['_id']), place, update: updateOf(document['update']) }
}

function updateOf(text: unknown): Uint8Array | undefined {
  if (typeof text !== 'string') return undefined
  try {
    return base64url.baseDecode(text)
  } catch {
    return undefined
  }
}

/** All parts of a shared document that are here. Throws `crdt-too-large` where they are more than a reader takes. */
export async function* partsOf(collection: PartCollection, id: string): AsyncGenerator<ReadPart, void, undefined> {
  let [parts, bytes] = [0, 0]
  // The character after the slash: ids of parts begin with the document's, which may be the beginning of another's.
  for await (const document of collection.find({ _id: { $gte: `${id}/`, $lt: `${id}0` } })) {
    const part = readPart(id, document)
    if (part === undefined) continue
    bytes += part.update?.length ?? 0
    if (++parts > MAX_PARTS || bytes > MAX_DOCUMENT_BYTES)
      throw new DocstoreError(
        'crdt-too-large',
        `The shared document ${JSON.stringify(id.slice(0, 80))} has more than ${MAX_PARTS} parts or ${MAX_DOCUMENT_BYTES} bytes`,
      )
    yield part
  }
}
