import { rmdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { errorCode } from '@p2p-docstore/core'
import { DATABASE } from './data-folder-node.ts'

/** What lies in a data folder, in the order in which it goes: who finds a part of it later takes it for new, and not for lost. */
const FILES = ['identity.json', 'identity.json.new', DATABASE, `${DATABASE}-wal`, `${DATABASE}-shm`, `${DATABASE}-reserve`]

/** Removes the data of a folder that nobody has open. */
export function discardData(folder: string): void {
  for (const file of FILES) rmSync(join(folder, file), { force: true })
}

/** Removes folders that have nothing in them; they are named from the outermost to the innermost. */
export function removeEmpty(folders: readonly string[]): void {
  for (const folder of folders.toReversed()) {
    try {
      rmdirSync(folder)
    } catch (error) {
      if (!['ENOTEMPTY', 'EEXIST', 'ENOENT'].includes(errorCode(error))) throw error
      return
    }
  }
}
