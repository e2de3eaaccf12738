import { createReadStream } from 'node:fs'
import { stat } from 'node:fs/promises'
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
    pieces: createReadStream(name, { highWaterMark: READ_BYTES }),
    size: found.isFile() ? found.size : undefined,
    name: basename(name),
    type: lookup(name),
  }
}
