import { createReadStream, fstatSync } from 'node:fs'
import { stat } from 'node:fs/promises'
import { addAbortSignal, Readable } from 'node:stream'
import { createGunzip, createZstdDecompress } from 'node:zlib'
import { DocstoreError, errorCode, errorMessage } from '@p2p-docstore/core'
import { LookAhead } from './look-ahead.ts'

/** The bytes of a file, unpacked, and how far it is read. */
export interface ByteSource {
  readonly chunks: AsyncIterable<Uint8Array>
  /** Bytes of the file read so far. */
  readonly bytesRead: () => number
  /** Whether it can be read again from its beginning: it is a file, and no pipe. */
  readonly isFile: boolean
  /** Whether it may pause before its end, as a pipe does. */
  readonly mayPause: boolean
}

/** Bytes that tell what a file is. */
const MAGIC_BYTES = 16

/** Beginnings of files that hold no rows as text, and what to do with them. */
const FOREIGN: readonly (readonly [hex: string, what: string])[] = [
  ['504b0304', 'a ZIP archive, as spreadsheets (.xlsx, .ods) are too. Unpack it, or save the sheet as CSV'],
  ['d0cf11e0', 'an old Office document. Save the sheet as CSV'],
  ['25504446', 'a PDF document'],
  ['53514c69746520666f726d6174', 'an SQLite database. Export its table: sqlite3 -json FILE "SELECT * FROM t"'],
  ['50415231', 'a Parquet file. Write it as CSV or NDJSON first'],
  ['4152524f5731', 'an Arrow file. Write it as CSV or NDJSON first'],
  ['89504e47', 'a picture (PNG)'],
  ['ffd8ff', 'a picture (JPEG)'],
  ['47494638', 'a picture (GIF)'],
  ['425a68', 'packed with bzip2. Unpack it: bunzip2 -c FILE | docstore import NS -'],
  ['fd377a585a00', 'packed with xz. Unpack it: xz -dc FILE | docstore import NS -'],
  ['377abcaf271c', 'a 7z archive. Unpack it first'],
  ['7f454c46', 'a program'],
]

/**
 * Opens a file; `-` is standard input. What is packed with gzip or Zstandard, as its first bytes tell, is unpacked as it is read.
 * Ends where the signal aborts. Throws `unknown-format` for what is known to hold no text, and `bad-compression`.
 */
export async function openBytes(file: string, signal: AbortSignal): Promise<ByteSource> {
  const isFile = file !== '-' && (await stat(file)).isFile()
  const mayPause = !isFile && !(file === '-' && fstatSync(process.stdin.fd).isFile())
  let bytes = 0
  async function* counted(): AsyncGenerator<Uint8Array> {
    const input: AsyncIterable<Uint8Array> = addAbortSignal(signal, file === '-' ? process.stdin : createReadStream(file))
    try {
      for await (const chunk of input) {
        bytes += chunk.length
        yield chunk
      }
    } catch (error) {
      // What was read until then is the whole.
      if (!signal.aborted) throw error
    }
  }
  const packed = new LookAhead(counted())
  const seen = await packed.look((chunks) => chunks.reduce((sum, { length }) => sum + length, 0) >= MAGIC_BYTES, MAGIC_PAUSE_MS)
  const head = Buffer.concat(seen).subarray(0, MAGIC_BYTES).toString('hex')
  const foreign = FOREIGN.find(([magic]) => head.startsWith(magic))
  if (foreign !== undefined) throw new DocstoreError('unknown-format', `${nameOf(file)} holds no rows: it is ${foreign[1]}`)
  return { chunks: unpacked(packed, head, file, signal), bytesRead: () => bytes, isFile, mayPause }
}

/** How long the first bytes are waited for when some have come, milliseconds: a pipe may bring one at a time. */
const MAGIC_PAUSE_MS = 20

function unpacked(packed: AsyncIterable<Uint8Array>, head: string, file: string, signal: AbortSignal): AsyncIterable<Uint8Array> {
  if (head.startsWith('1f8b')) return through(packed, createGunzip(), file, signal)
  if (head.startsWith('28b52ffd')) return through(packed, createZstdDecompress(), file, signal)
  return packed
}

/** Unpacks as far as somebody reads: a small file that unpacks to a large one takes no memory. */
async function* through(
  packed: AsyncIterable<Uint8Array>,
  unpacker: ReturnType<typeof createGunzip | typeof createZstdDecompress>,
  file: string,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array> {
  const source = Readable.from(packed)
  source.on('error', (error) => unpacker.destroy(error))
  source.pipe(unpacker)
  try {
    for await (const chunk of unpacker as AsyncIterable<Uint8Array>) yield chunk
  } catch (error) {
    if (signal.aborted) return
    if (!errorCode(error).startsWith('Z') && !errorCode(error).startsWith('ERR_')) throw error
    throw new DocstoreError('bad-compression', `${nameOf(file)} cannot be unpacked: ${errorMessage(error)}. It may be damaged, or not complete`, {
      cause: error,
    })
  } finally {
    source.destroy()
  }
}

/** A file, for people. */
export function nameOf(file: string): string {
  return file === '-' ? 'Standard input' : `The file ${file}`
}
