import { constants, copyFileSync, existsSync, mkdirSync, renameSync, rmSync, statSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { DocstoreError, errorCode } from '@p2p-docstore/core'
import { openNodeStorage } from '@p2p-docstore/core/storage/node'
import { readNetwork } from '../network/admission/index.ts'
import { markAsCopy } from './copied-folder-node.ts'
import { DATABASE, dataFolder } from './data-folder-node.ts'
import { removeEmpty } from './discard-folder-node.ts'
import { IdentityFile } from './identity-file-node.ts'
import { NETWORKS } from './networks-folder-node.ts'

/** What SQLite keeps beside a database. */
const BESIDE = ['', '-wal', '-shm']

/** What became of the database that was there: the file that it lies in now, `undefined` where there was none. */
export interface RestoredFolder {
  readonly folder: string
  readonly before: string | undefined
}

/**
 * Puts a backup in place in a data folder that nobody uses, or of its network in that, or without one an empty database of the same identity and network. What was there is moved aside.
 * Throws `data-in-use`, `bad-backup`, `no-identity`, `other-identity`, and what `createDocstore` throws of folders.
 */
export async function restoreFolder(path: string, backup: string | undefined): Promise<RestoredFolder> {
  const { folder, made } = dataFolder(path)
  const next = `${join(folder, DATABASE)}-next`
  const identity = new IdentityFile(folder)
  remove(next)
  try {
    if (backup !== undefined) await copyBackup(backup, next)
    const place = folderOf(await prepare(next, identity, backup), folder)
    const database = join(place, DATABASE)
    await assertFree(database)
    const before = putAside(database)
    renameSync(next, database)
    return { folder: place, before }
  } finally {
    remove(next)
    // Where it failed, there is no folder that was not there before.
    removeEmpty(made)
  }
}

/** Where a database belongs: the one of a network beside the first, where that lies. */
function folderOf(database: Uint8Array | undefined, folder: string): string {
  const beside = database === undefined ? folder : join(folder, NETWORKS, readNetwork(database).id)
  return existsSync(beside) ? beside : folder
}

async function copyBackup(backup: string, next: string): Promise<void> {
  if ((statSync(backup, { throwIfNoEntry: false })?.size ?? 0) === 0) throw new DocstoreError('bad-backup', `${backup} is not there, or is empty`)
  // SQLite would add what a log beside it says: a copy that was made by hand may have one.
  if (existsSync(`${backup}-wal`))
    throw new DocstoreError('bad-backup', `${backup} has a log beside it (${backup}-wal), so it is no backup but an open database, or a copy of one`)
  copyFileSync(backup, next, constants.COPYFILE_FICLONE)
  try {
    await openNodeStorage(next).close()
  } catch (cause) {
    // It is the file that is wrong, not the data of the folder; that a newer version made it is said as it is.
    if (errorCode(cause) !== 'data-corrupt') throw cause
    throw new DocstoreError('bad-backup', `${backup} is no backup of a database, or is damaged`, { cause })
  }
}

/** Makes sure that the next database is whole and belongs here; gives the descriptor of its network. */
async function prepare(next: string, identity: IdentityFile, backup: string | undefined): Promise<Uint8Array | undefined> {
  const storage = openNodeStorage(next)
  try {
    if (backup === undefined) await identity.giveTo(storage)
    else {
      const damage = await storage.findDamage()
      if (damage.length > 0) throw new DocstoreError('bad-backup', `${backup} is damaged itself (${damage.slice(0, 3).join('; ')})`)
      await identity.assertSame(storage)
      // One from before there was a person.
      await identity.givePersonTo(storage)
      await markAsCopy(storage)
    }
    return await storage.getMeta('network')
  } finally {
    await storage.close()
  }
}

/** Throws `data-in-use` where a program has the database open; whatever else is wrong with it does not matter any more. */
async function assertFree(database: string): Promise<void> {
  if ((statSync(database, { throwIfNoEntry: false })?.size ?? 0) === 0) return
  try {
    await openNodeStorage(database).close()
  } catch (error) {
    if (errorCode(error) === 'data-in-use') throw error
  }
}

function putAside(database: string): string | undefined {
  const isThere = (statSync(database, { throwIfNoEntry: false })?.size ?? 0) > 0
  const folder = join(dirname(database), `before-${new Date().toISOString().replaceAll(':', '-')}`)
  if (isThere) mkdirSync(folder, { mode: 0o700 })
  for (const end of BESIDE) {
    if (isThere && existsSync(`${database}${end}`)) renameSync(`${database}${end}`, join(folder, `docstore.db${end}`))
    else rmSync(`${database}${end}`, { force: true })
  }
  return isThere ? join(folder, 'docstore.db') : undefined
}

function remove(database: string): void {
  for (const end of [...BESIDE, '-reserve']) rmSync(`${database}${end}`, { force: true })
}
