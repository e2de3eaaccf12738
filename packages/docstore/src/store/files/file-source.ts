import { DocstoreError } from '@p2p-docstore/core'
import { openPath } from '#open-path'
import type { OpenedSource } from './opened-source.ts'

/** Bytes to be put: all at once, in pieces of any size, or in Node the path of a file. */
export type FileSource =
  | string
  | URL
  | Blob
  | ArrayBuffer
  | Uint8Array
  | ReadableStream<Uint8Array>
  | AsyncIterable<Uint8Array>
  | Iterable<Uint8Array>

/** Opens a source. Throws `bad-source`, and what the system says of a path. */
export async function openSource(source: FileSource): Promise<OpenedSource> {
  if (typeof source === 'string' || source instanceof URL) return openPath(source)
  if (source instanceof Blob)
    return { pieces: source.stream(), size: source.size, name: nameOf(source), type: source.type === '' ? undefined : source.type }
  if (source instanceof ArrayBuffer) return openSource(new Uint8Array(source))
  if (ArrayBuffer.isView(source)) {
    const bytes = new Uint8Array(source.buffer, source.byteOffset, source.byteLength)
    return { ...UNKNOWN, pieces: [bytes], size: bytes.length }
  }
  if (isIterable(source)) return { ...UNKNOWN, pieces: source, size: undefined }
  throw badSource('a file is put from a Blob, a Uint8Array, a stream or another iterable of them, or in Node from a path')
}

/** What an iterable gave, where that is bytes. */
export function bytesOf(piece: unknown): Uint8Array {
  if (piece instanceof Uint8Array) return piece
  throw badSource(`it gave ${piece === null ? 'null' : `a ${typeof piece}`}; its pieces are each a Uint8Array`)
}

const UNKNOWN = { name: undefined, type: undefined }

function nameOf(blob: Blob): string | undefined {
  return 'name' in blob && typeof blob.name === 'string' && blob.name !== '' ? blob.name : undefined
}

function isIterable(source: unknown): source is AsyncIterable<Uint8Array> | Iterable<Uint8Array> {
  return typeof source === 'object' && source !== null && (Symbol.asyncIterator in source || Symbol.iterator in source)
}

function badSource(what: string): DocstoreError {
  return new DocstoreError('bad-source', `What was given cannot be stored as a file: ${what}`)
}
