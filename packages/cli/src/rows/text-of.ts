import { DocstoreError } from '@p2p-docstore/core'

/** The decoder for a label, which refuses what is not in its encoding. Throws `bad-encoding` for a label that nobody knows. */
function decoderFor(label: string): TextDecoder {
  try {
    return new TextDecoder(label, { fatal: true })
  } catch (cause) {
    throw new DocstoreError(
      'bad-encoding',
      `The encoding ${JSON.stringify(label)} is not known. Known are utf-8, utf-16le, latin1, windows-1251, shift_jis and others`,
      {
        cause,
      },
    )
  }
}

/** The encoding that a byte order mark tells. */
function encodingOfMark(bytes: Uint8Array): string | undefined {
  const [a, b, c, d] = bytes
  if (a === 0xff && b === 0xfe && !(c === 0 && d === 0)) return 'utf-16le'
  if (a === 0xfe && b === 0xff) return 'utf-16be'
  return undefined
}

/** UTF-16 without a mark has a zero in every other byte of what people write. */
function looksLikeUtf16(bytes: Uint8Array): string | undefined {
  if (bytes.length < 2) return undefined
  if (bytes[0] !== 0 && bytes[1] === 0) return 'utf-16le'
  return bytes[0] === 0 && bytes[1] !== 0 ? 'utf-16be' : undefined
}

/**
 * The text of bytes, piece by piece, without a byte order mark: UTF-8, UTF-16 where the mark says so, or the encoding that is named.
 * Throws `bad-encoding` with the line, and `unknown-format` where it is no text at all.
 */
export async function* textOf(bytes: AsyncIterable<Uint8Array>, { encoding }: { encoding?: string | undefined } = {}): AsyncGenerator<string> {
  let decoder = encoding === undefined ? undefined : decoderFor(encoding)
  let held: Uint8Array = new Uint8Array(0)
  let line = 1
  for await (const chunk of bytes) {
    if (decoder === undefined) {
      held = held.length === 0 ? chunk : Buffer.concat([held, chunk])
      // A mark of two bytes may come in two.
      if (held.length < 2) continue
      decoder = decoderFor(encodingOfMark(held) ?? 'utf-8')
    } else held = chunk
    const text = decode(decoder, held, line, true)
    held = new Uint8Array(0)
    for (let at = text.indexOf('\n'); at !== -1; at = text.indexOf('\n', at + 1)) line++
    if (text !== '') yield text
  }
  const rest = decode(decoder ?? decoderFor('utf-8'), held, line, false)
  if (rest !== '') yield rest
}

function decode(decoder: TextDecoder, bytes: Uint8Array, line: number, stream: boolean): string {
  // In UTF-8 a zero is a character, but none that text files hold.
  const zero = decoder.encoding === 'utf-8' ? bytes.indexOf(0) : -1
  if (zero !== -1) {
    const utf16 = looksLikeUtf16(bytes)
    throw new DocstoreError(
      'unknown-format',
      utf16 === undefined
        ? `This is no text: line ${lineAt(bytes, zero, line)} has a zero byte`
        : `This looks like UTF-16 without a mark: --encoding ${utf16} reads it`,
    )
  }
  try {
    return stream ? decoder.decode(bytes, { stream }) : decoder.decode(bytes)
  } catch (cause) {
    if (!(cause instanceof TypeError)) throw cause
    if (decoder.encoding !== 'utf-8') throw new DocstoreError('bad-encoding', `Near line ${line} the text is not ${decoder.encoding}`, { cause })
    const at = invalidUtf8(bytes)
    const where = lineAt(bytes, at, line)
    const byte = bytes[at]
    throw new DocstoreError(
      'bad-encoding',
      `The text is not UTF-8: line ${where} has ${byte === undefined ? 'half a character at its end' : `the byte 0x${byte.toString(16)}`}. Name its encoding, such as --encoding latin1 for files of older Windows programs`,
      { cause, details: { line: where } },
    )
  }
}

function lineAt(bytes: Uint8Array, end: number, line: number): number {
  for (let at = bytes.indexOf(10); at !== -1 && at < end; at = bytes.indexOf(10, at + 1)) line++
  return line
}

/** Where bytes stop being UTF-8: after the longest beginning that is. Bytes at their start may end a character of the piece before. */
function invalidUtf8(bytes: Uint8Array): number {
  let from = 0
  while (from < 3 && ((bytes[from] ?? 0) & 0xc0) === 0x80) from++
  const isValid = (end: number): boolean => {
    try {
      new TextDecoder('utf-8', { fatal: true }).decode(bytes.subarray(from, end), { stream: true })
      return true
    } catch {
      return false
    }
  }
  let [valid, invalid] = [from, bytes.length + 1]
  while (invalid - valid > 1) {
    const middle = (valid + invalid) >> 1
    if (isValid(middle)) valid = middle
    else invalid = middle
  }
  // Bytes that begin a character which does not go on are the mistake, not what follows them.
  for (let begin = valid - 1; begin >= Math.max(from, valid - 3) && ((bytes[begin] ?? 0) & 0x80) !== 0; begin--) {
    if (((bytes[begin] ?? 0) & 0xc0) === 0xc0) return isWhole(bytes.subarray(begin, valid)) ? valid : begin
  }
  return Math.min(valid, bytes.length)
}

function isWhole(bytes: Uint8Array): boolean {
  try {
    new TextDecoder('utf-8', { fatal: true }).decode(bytes)
    return true
  } catch {
    return false
  }
}
