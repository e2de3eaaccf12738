import type { FileHandle } from 'node:fs/promises'

/** Writes chunks to where a file stands. */
export async function pour(handle: FileHandle, chunks: AsyncIterable<Uint8Array>, signal: AbortSignal): Promise<void> {
  for await (const chunk of chunks) {
    signal.throwIfAborted()
    // A pipe or a terminal may take less than it is given.
    for (let at = 0; at < chunk.length; ) at += (await handle.write(chunk, at, chunk.length - at)).bytesWritten
  }
  signal.throwIfAborted()
}
