import { DocstoreError, isFileCid, type Replica } from '@p2p-docstore/core'
import type { Network } from '../../network/types.ts'
import type { Collection } from '../collection.ts'
import { checkOptions } from '../options.ts'
import { ownName } from '../own-name.ts'
import { either } from '../signal.ts'
import type { FileProgress } from './put-file.ts'
import { StoredFile } from './stored-file.ts'

/** How a file is read. */
export interface GetFileOptions {
  /** Bytes from `start` on and before `end`, as `slice` counts them; all unless given. Only these are fetched. */
  readonly range?: { readonly start?: number | undefined; readonly end?: number | undefined } | undefined
  readonly onProgress?: ((progress: FileProgress) => void) | undefined
  readonly signal?: AbortSignal | undefined
}

/** A file as a list shows it. */
export interface FileEntry {
  readonly cid: string
  readonly name: string | undefined
  readonly type: string | undefined
  readonly bytes: number
  /** Whether all of it is on this machine. */
  readonly here: boolean
}

/** What files are read with. */
export interface GetFileInit {
  readonly replica: Replica
  readonly network: Network | undefined
  readonly namespace: string
  /** The collection whose documents name files. */
  readonly files: Collection
  readonly closing: AbortSignal
}

/** The file of this CID, `undefined` where no document names one. */
export async function getFile(
  { replica, network, namespace, files, closing }: GetFileInit,
  cid: string,
  options: GetFileOptions = {},
): Promise<StoredFile | undefined> {
  checkOptions(options, ['range', 'onProgress', 'signal'], 'getFile')
  const { range = {}, onProgress, signal } = options
  checkOptions(range, ['start', 'end'], 'the range of getFile')
  const facts = await replica.file(namespace, checkedCid(cid))
  if (facts === undefined) return undefined
  const end = Math.min(facts.size, checkedPosition('end', range.end, facts.size))
  const start = Math.min(end, checkedPosition('start', range.start, 0))
  const document = await files.get(facts.id)
  const { name, type } = namesOf(document)
  return new StoredFile({ replica, network, namespace, facts, name, type, start, end, onProgress, signal: either(closing, signal) })
}

/** The files that documents name, by name. */
export async function listFiles({ replica, namespace, files }: GetFileInit): Promise<readonly FileEntry[]> {
  const entries: FileEntry[] = []
  for await (const document of files.find({}, { sort: { name: 1 } })) {
    const cid = cidOf(document['_id'])
    const facts = cid === undefined ? undefined : await replica.file(namespace, cid)
    if (facts === undefined || facts.size !== document['size']) continue
    entries.push({ cid: facts.cid, ...namesOf(document), bytes: facts.size, here: facts.state === 'whole' })
  }
  return entries
}

/** Deletes the document that names a file, one's own where there are several; what no other names is removed. False where there is none. */
export async function deleteFile({ replica, namespace, files }: GetFileInit, cid: string): Promise<boolean> {
  if (await files.delete(await ownId(replica, namespace, checkedCid(cid)))) return true
  const facts = await replica.file(namespace, cid)
  return facts !== undefined && files.delete(facts.id)
}

/** In an `author` namespace ids begin with the author. */
async function ownId(replica: Replica, namespace: string, cid: string): Promise<string> {
  const info = await replica.namespace(namespace)
  return info?.write === 'author' ? `${ownName(await replica.info())}/${cid}` : cid
}

function cidOf(id: string): string | undefined {
  const cid = id.slice(id.lastIndexOf('/') + 1)
  return isFileCid(cid) ? cid : undefined
}

function namesOf(document: { readonly [field: string]: unknown } | undefined): {
  readonly name: string | undefined
  readonly type: string | undefined
} {
  const text = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined)
  return { name: text(document?.['name']), type: text(document?.['type']) }
}

function checkedCid(cid: string): string {
  if (typeof cid === 'string' && isFileCid(cid)) return cid
  throw new DocstoreError('bad-cid', `${JSON.stringify(cid)?.slice(0, 80)} is not the CID of a file. It looks like bafybei… or bafkrei…`)
}

function checkedPosition(what: 'start' | 'end', position: number | undefined, otherwise: number): number {
  if (position === undefined) return otherwise
  if (Number.isSafeInteger(position) && position >= 0) return position
  throw new DocstoreError('bad-option', `The ${what} of a range is a whole number of bytes from 0 on`)
}
