import { statSync } from 'node:fs'
import { fromUtf8, type Storage, utf8 } from '@p2p-docstore/core'

/** Name of the mark of the file that the database lies in, among the small values of the peer. */
const FILE_MARK = 'file-mark'

/** What makes an installation, and what it knows of its place with others; by name, and by the beginning of names. The identity is the person's. */
const INSTALLATION = ['epoch', 'peer-key']
const INSTALLATION_PREFIXES = ['positions/', 'libp2p']

/**
 * Notices that a database is a copy of another one, by the number that the file system gave its file and the time at which that was made:
 * moving keeps both, copying neither. A copy gets a database id and a peer key of its own, since peers would take what one of both writes
 * for what the other one has. A backup that was restored looks like a copy too, which costs one comparison with each peer.
 */
export async function renewIfCopied(storage: Storage, path: string): Promise<boolean> {
  const mark = markOf(path)
  const stored = await storage.getMeta(FILE_MARK)
  const before = stored && fromUtf8(stored)
  if (before !== undefined && isSameFile(before, mark)) return false
  if (before !== undefined) {
    for (const key of INSTALLATION) await storage.setMeta(key, undefined)
    for (const prefix of INSTALLATION_PREFIXES) for (const [key] of await storage.listMeta(prefix)) await storage.setMeta(key, undefined)
  }
  // Last, so that a process that was killed before does it again.
  await storage.setMeta(FILE_MARK, utf8(mark))
  return before !== undefined
}

/** The number of the file, and when it was made, where the file system keeps that; some give the time of the last change in its place. */
function markOf(path: string): string {
  const { ino, birthtimeNs, ctimeNs } = statSync(path, { bigint: true })
  return birthtimeNs > 0n && birthtimeNs !== ctimeNs ? `${ino} ${birthtimeNs}` : String(ino)
}

function isSameFile(one: string, other: string): boolean {
  const [ino, madeAt] = one.split(' ')
  const [otherIno, otherMadeAt] = other.split(' ')
  return ino === otherIno && (madeAt === undefined || otherMadeAt === undefined || madeAt === otherMadeAt)
}
