import { DocstoreError } from '@p2p-docstore/core'

/** The text of UTF-8 bytes, piece by piece, without a byte order mark. Throws `bad-encoding`. */
export async function* textOf(bytes: AsyncIterable<Uint8Array>): AsyncGenerator<string> {
  const decoder = new TextDecoder('utf-8', { fatal: true })
  try {
    for await (const chunk of bytes) {
      const text = decoder.decode(chunk, { stream: true })
      if (text !== '') yield text
    }
    decoder.decode()
  } catch (error) {
    if (!(error instanceof TypeError)) throw error
    throw new DocstoreError('bad-encoding', 'The file is not UTF-8 text', { cause: error })
  }
}
