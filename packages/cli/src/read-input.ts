import { createReadStream } from 'node:fs'
import { addAbortSignal } from 'node:stream'
import { DocstoreError, type ErrorCode } from '@p2p-docstore/core'
import type { Context } from './context.ts'
import { textOf } from './rows/text-of.ts'

/** Most that is read, and what is said of more. */
export interface InputLimit {
  /** What is typed, where somebody types it: `the document`. */
  readonly what: string
  /** UTF-16 units. */
  readonly maxLength: number
  readonly tooLong: readonly [code: ErrorCode, message: string]
}

/** The text of a file; `-` is standard input. Throws `no-file`, and what the limit says. */
export async function readInput({ output, signal }: Context, file: string, { what, maxLength, tooLong }: InputLimit): Promise<string> {
  if (file === '-' && process.stdin.isTTY) output.note(`Type ${what}, then press Ctrl+D.`)
  const input: AsyncIterable<Uint8Array> = addAbortSignal(signal, file === '-' ? process.stdin : createReadStream(file))
  let text = ''
  for await (const piece of textOf(input)) {
    text += piece
    if (text.length > maxLength) throw new DocstoreError(...tooLong)
  }
  return text
}
