import { fromUtf8, type Storage, utf8 } from '@p2p-docstore/core'
import { type FileMark, fileMark, isCopyOf, parseFileMark } from './file-mark.ts'

/** Name of the mark of the file that the database lies in, among the small values of the peer. */
const FILE_MARK = 'file-mark'

/** What makes an installation, and what it knows of its place with others; by name, and by the beginning of names. The identity is the person's. */
const INSTALLATION = ['epoch', 'peer-key']
const INSTALLATION_PREFIXES = ['positions/', 'libp2p']

/** Mark of no file. */
const NOWHERE: FileMark = { ino: '', madeAt: null, path: '' }

/** Makes `renewIfCopied` take a database for a copy: one of a backup lies where it lay, and not all files say when they were made. */
export async function markAsCopy(storage: Storage): Promise<void> {
  await storage.setMeta(FILE_MARK, utf8(JSON.stringify(NOWHERE)))
}

/**
 * Notices that a database is a copy of another one. A copy gets a database id and a peer key of its own, since peers would take what one of
 * both writes for what the other one has. A backup that was restored looks like a copy too, which costs one comparison with each peer.
 */
export async function renewIfCopied(storage: Storage, path: string): Promise<boolean> {
  const mark = fileMark(path)
  const stored = await storage.getMeta(FILE_MARK)
  const before = stored && fromUtf8(stored)
  const isCopy = before !== undefined && isCopyOf(parseFileMark(before), mark)
  if (isCopy) {
    for (const key of INSTALLATION) await storage.setMeta(key, undefined)
    for (const prefix of INSTALLATION_PREFIXES) for (const [key] of await storage.listMeta(prefix)) await storage.setMeta(key, undefined)
  }
  // Last, so that a process that was killed before does it again.
  const text = JSON.stringify(mark)
  if (before !== text) await storage.setMeta(FILE_MARK, utf8(text))
  return isCopy
}
