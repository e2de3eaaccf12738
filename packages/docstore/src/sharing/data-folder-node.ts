import { accessSync, constants, mkdirSync, realpathSync, statSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { DocstoreError, errorCode } from '@p2p-docstore/core'

/** Name of the database in its folder. */
export const DATABASE = 'docstore.db'

/** Whether a folder has a database that can be read and not written. */
export function isReadOnly(folder: string): boolean {
  return may(join(folder, DATABASE), constants.R_OK) && !(may(folder, constants.W_OK) && may(join(folder, DATABASE), constants.W_OK))
}

function may(path: string, what: number): boolean {
  try {
    accessSync(path, what)
    return true
  } catch {
    // It may not, or it is not there.
    return false
  }
}

/**
 * The real path of a data folder, made if it is missing, with the folders that were made: whatever links lead there, all programs meet at one place. One that cannot be written to will do where
 * `isReadOnly` says so. Throws `bad-folder`, `no-permission`, `disk-full`.
 */
export function dataFolder(path: string): { readonly folder: string; readonly made: readonly string[] } {
  if (path.trim() === '') throw new DocstoreError('bad-folder', 'The data folder has an empty name. Name one, or leave it out')
  const folder = resolve(path)
  try {
    const made = makeFolder(folder)
    // A file can be in its place: making a folder that is there already says nothing of what it is.
    if (!statSync(folder).isDirectory()) throw new DocstoreError('bad-folder', `${folder} is a file. Name a folder for the data`)
    const real = realpathSync.native(folder)
    if (!isReadOnly(real)) accessSync(real, constants.R_OK | constants.W_OK | constants.X_OK)
    return { folder: real, made }
  } catch (error) {
    throw error instanceof DocstoreError ? error : folderError(folder, error)
  }
}

/**
 * Makes what is missing of a path, one folder after the other: `recursive` of Node never returns where a file system like /proc says of a new
 * folder that its parent is not there, although it is.
 */
function makeFolder(folder: string): readonly string[] {
  const missing: string[] = []
  for (let at = folder; statSync(at, { throwIfNoEntry: false }) === undefined && dirname(at) !== at; at = dirname(at)) missing.push(at)
  const made: string[] = []
  for (const path of missing.toReversed()) {
    try {
      mkdirSync(path, { mode: 0o700 })
      made.push(path)
    } catch (error) {
      // Another program was faster, or it is a link that leads nowhere, which shows when it is used.
      if (errorCode(error) !== 'EEXIST') throw error
    }
  }
  return made
}

function folderError(folder: string, cause: unknown): DocstoreError {
  switch (errorCode(cause)) {
    case 'EACCES':
    case 'EPERM':
      return new DocstoreError('no-permission', `You may not write in the data folder ${folder}. Take one of your own, or ask for the right to`, {
        cause,
      })
    case 'EROFS':
      return new DocstoreError('no-permission', `The data folder ${folder} lies on a disk that cannot be written to. Take another one`, { cause })
    case 'EEXIST':
    case 'ENOTDIR':
      return new DocstoreError('bad-folder', `${folder} cannot be a data folder: it, or a part of its path, is a file`, { cause })
    case 'ENOENT':
    case 'ELOOP':
      return new DocstoreError(
        'bad-folder',
        `The data folder ${folder} cannot be made: a link in its path leads nowhere, or there are no folders to be made there, as in /proc`,
        { cause },
      )
    case 'ENAMETOOLONG':
      return new DocstoreError('bad-folder', `The path of the data folder is longer than this system allows (${folder.slice(0, 80)}…)`, { cause })
    case 'ENOSPC':
    case 'EDQUOT':
      return new DocstoreError('disk-full', `There is no space to make the data folder ${folder}`, { cause })
    default:
      return new DocstoreError('bad-folder', `The data folder ${folder} cannot be used (${errorCode(cause)})`, { cause })
  }
}
