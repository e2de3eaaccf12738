import { concatBytes, DocstoreError, MAX_FILE_BYTES, type Replica, toHex } from '@p2p-docstore/core'
import type { Collection } from '../collection.ts'
import { checkOptions } from '../options.ts'
import { either, orAborted } from '../signal.ts'
import { type FileSource, openSource } from './file-source.ts'
import { Pieces } from './pieces.ts'

/** Longest name and type of a file, UTF-16 units. */
const MAX_TEXT_LENGTH = 255

/** How far a file is that is put or read. */
export interface FileProgress {
  readonly bytes: number
  /** How many there are; `undefined` where a source does not say. */
  readonly total: number | undefined
}

/** How a file is put. */
export interface PutFileOptions {
  /** What it is called, as a rule with its ending; that of the source unless given. */
  readonly name?: string | undefined
  /** Its media type, such as `image/png`; that of the source unless given. */
  readonly type?: string | undefined
  readonly onProgress?: ((progress: FileProgress) => void) | undefined
  readonly signal?: AbortSignal | undefined
}

/** What putting a file did. */
export interface PutFileResult {
  readonly cid: string
  readonly bytes: number
}

/** What files are put with. */
export interface PutFileInit {
  readonly replica: Replica
  readonly namespace: string
  /** The collection whose documents name files. */
  readonly files: Collection
  readonly closing: AbortSignal
}

/** Cuts a source into blocks, stores them, and writes the document that names the file: that comes last, so that half a file is none. */
export async function putFile(init: PutFileInit, source: FileSource, options: PutFileOptions = {}): Promise<PutFileResult> {
  checkOptions(options, ['name', 'type', 'onProgress', 'signal'], 'putFile')
  const { replica, namespace, files, closing } = init
  await assertWritable(init)
  const signal = either(closing, options.signal)
  signal.throwIfAborted()
  const opened = await openSource(source)
  const name = checkedText('name', options.name ?? opened.name)
  const type = checkedText('type', options.type ?? opened.type)
  if ((opened.size ?? 0) > MAX_FILE_BYTES) throw tooLarge()
  const upload = `upload:${toHex(crypto.getRandomValues(new Uint8Array(16)))}`
  try {
    const { digests, size } = await storePieces({ replica, upload, signal, onProgress: options.onProgress }, opened)
    const cid = await replica.uploadTree(upload, concatBytes(...digests), size)
    // Who puts the same bytes again means the same file: what its document says besides stays.
    const before = await files.get(cid)
    await files.put({ ...before, _id: cid, ...(name === undefined ? {} : { name }), ...(type === undefined ? {} : { type }), size })
    // From here on its blocks belong to the document. A process that ends before it is found to be whole finds that at the next look.
    if ((await replica.missingBlocks(namespace, cid, { from: 0, to: size })).length > 0)
      throw new DocstoreError('internal', 'A file that was just stored is not whole')
    return { cid, bytes: size }
  } finally {
    await replica.endUpload(upload)
  }
}

async function storePieces(
  {
    replica,
    upload,
    signal,
    onProgress,
  }: { replica: Replica; upload: string; signal: AbortSignal; onProgress: ((progress: FileProgress) => void) | undefined },
  { pieces, size: total }: { pieces: AsyncIterable<Uint8Array> | Iterable<Uint8Array>; size: number | undefined },
): Promise<{ readonly digests: readonly Uint8Array[]; readonly size: number }> {
  const digests: Uint8Array[] = []
  let size = 0
  const store = async (pieces: readonly Uint8Array[]): Promise<void> => {
    size += pieces.reduce((sum, piece) => sum + piece.length, 0)
    if (size > MAX_FILE_BYTES) throw tooLarge()
    digests.push(...(await replica.uploadPieces(upload, pieces)))
    onProgress?.({ bytes: size, total })
  }
  const cutting = new Pieces().cut(pieces, store, signal)
  // A source that does not answer must not keep the caller who gives up. What it still gives is stored nowhere: the loop ends at the signal.
  const done = await orAborted(
    cutting.then(() => true),
    signal,
  )
  signal.throwIfAborted()
  return done === true ? { digests, size } : { digests: [], size: 0 }
}

/** Before a gigabyte is read: that the document which will name it can be written. */
async function assertWritable({ replica, namespace }: PutFileInit): Promise<void> {
  const info = await replica.namespace(namespace)
  if (info === undefined)
    throw new DocstoreError('unknown-namespace', `The namespace ${namespace} is not here. Check the id, or wait until it has arrived`)
  if (info.ended !== undefined) throw new DocstoreError('ended', `The namespace "${info.name}" has ended: nothing is written there any more`)
  if (!info.writable) throw new DocstoreError('not-allowed', `You cannot put files into "${info.name}": only its owner writes there`)
}

function checkedText(what: 'name' | 'type', text: string | undefined): string | undefined {
  if (text === undefined) return undefined
  if (typeof text !== 'string' || text === '' || text.length > MAX_TEXT_LENGTH)
    throw new DocstoreError('bad-option', `The ${what} of a file is text of 1 to ${MAX_TEXT_LENGTH} characters`)
  return text
}

function tooLarge(): DocstoreError {
  return new DocstoreError('file-too-large', `A file has at most ${MAX_FILE_BYTES / 1024 ** 2} MiB. Cut it into several`)
}
