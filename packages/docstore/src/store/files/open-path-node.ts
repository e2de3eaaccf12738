import { open, stat } from 'node:fs/promises'
import { basename } from 'node:path'
import { fileURLToPath } from 'node:url'
import { DocstoreError } from '@p2p-docstore/core'
import { lookup } from 'mrmime'
import type { OpenedSource } from './opened-source.ts'

/** Bytes that are read from the disk at a time. */
const READ_BYTES: number = 256 * 1024

/** A file of this machine. Throws `no-file`. */
export async function openPath(path: string | URL): Promise<OpenedSource> {
  const name = path instanceof URL ? fileURLToPath(path) : path
  const found = await stat(name).catch((cause: unknown) => {
    throw new DocstoreError('no-file', `There is no file ${name}`, { cause })
  })
  if (found.isDirectory()) throw new DocstoreError('no-file', `${name} is a folder. Put its files one by one`)
  return {
    pieces: piecesOf(name),
    size: found.isFile() ? found.size : undefined,
    name: basename(name),
    type: lookup(name),
  }
}

/** The bytes of a file, all in the same memory: what a stream gives, each piece in memory of its own, stays until it is collected, tens of MiB at a time. */
async function* piecesOf(name: string): AsyncGenerator<Uint8Array> {
  const file = await open(name)
  try {
    const memory = new Uint8Array(READ_BYTES)
    for (;;) {
      const { bytesRead } = await file.read(memory, 0, memory.length, null)
      if (bytesRead === 0) return
      yield memory.subarray(0, bytesRead)
    }
  } finally {
    await file.close()
  }
}
