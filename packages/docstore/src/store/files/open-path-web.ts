import { DocstoreError } from '@p2p-docstore/core'
import type { OpenedSource } from './opened-source.ts'

/** A page has no paths: it is handed files by the person. */
export async function openPath(_path: string | URL): Promise<OpenedSource> {
  throw new DocstoreError('bad-source', 'A page puts a File, as an <input type="file"> or a drop gives it; paths are for Node')
}
