import { type Document, DocstoreError } from '@p2p-docstore/core'
import { CrdtReader } from './crdt-reader.ts'
import { type PartCollection, partsOf } from './crdt-parts.ts'
import { snapshotOf } from './crdt-snapshot.ts'
import { SharedDocument, type SharedDocumentInit } from './shared-document.ts'

export type { SharedDocument } from './shared-document.ts'

/** Opens a shared document. The library is loaded with the first. */
export async function openShared(init: Omit<SharedDocumentInit, 'yjs'>): Promise<SharedDocument> {
  if ((await init.replica.namespace(init.namespace)) === undefined)
    throw new DocstoreError('unknown-namespace', 'The namespace is not here yet: ready() waits for it')
  return SharedDocument.open({ ...init, yjs: await import('yjs') })
}

/** What a shared document says now; `undefined` where nothing of it is here. */
export async function readShared(collection: PartCollection, id: string): Promise<Document | undefined> {
  const yjs = await import('yjs')
  const reader = new CrdtReader(yjs, new yjs.Doc())
  try {
    let isThere = false
    for await (const part of partsOf(collection, id)) {
      isThere = true
      reader.take(part, undefined)
    }
    return isThere ? snapshotOf(yjs, reader.doc, id) : undefined
  } finally {
    reader.destroy()
    reader.doc.destroy()
  }
}
