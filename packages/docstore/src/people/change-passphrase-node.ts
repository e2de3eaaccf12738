import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { DocstoreError, isOneIdentity, type Storage } from '@p2p-docstore/core'
import { openNodeStorage } from '@p2p-docstore/core/storage/node'
import { DATABASE, dataFolder } from '../sharing/data-folder-node.ts'
import { IdentityFile } from '../sharing/identity-file-node.ts'
import { NETWORKS } from '../sharing/networks-folder-node.ts'
import { changedLock, type PassphraseChange } from './change-lock.ts'

/** What became of a data folder: how many networks of it hold the identity. */
export interface ChangedPassphrase {
  readonly folder: string
  readonly isLocked: boolean
  readonly networks: number
}

/**
 * Locks the identity of a data folder that no program uses with a passphrase, changes that, or removes it. The database of the first network says how the
 * identity is locked: whatever ends this in the middle, that one opens, with the passphrase of before or the new one, and the others follow.
 * Throws `data-in-use`, `data-missing`, `passphrase-needed`, `wrong-passphrase`, `bad-passphrase`.
 */
export async function changePassphrase(path: string, change: PassphraseChange): Promise<ChangedPassphrase> {
  if (!existsSync(join(path, DATABASE))) throw new DocstoreError('data-missing', `There is no data in ${path} yet. \`docstore id\` makes an identity`)
  const { folder } = dataFolder(path)
  await using open = new OpenFolders([folder, ...besides(folder)])
  const [first, ...others] = open.all
  const stored = await first?.storage.getMeta('identity')
  if (first === undefined || stored === undefined) throw new DocstoreError('no-identity', `The data in ${folder} has no identity. Restore a backup`)
  const next = await changedLock(stored, change)
  await first.take(next)
  for (const other of others) {
    const theirs = await other.storage.getMeta('identity')
    // What lies there by mistake is left as it is.
    if (theirs !== undefined && (await isOneIdentity(theirs, next))) await other.take(next)
  }
  return { folder, isLocked: change.next !== undefined, networks: open.all.length }
}

function besides(folder: string): readonly string[] {
  const networks = join(folder, NETWORKS)
  if (!existsSync(networks)) return []
  return readdirSync(networks)
    .map((name) => join(networks, name))
    .filter((one) => existsSync(join(one, DATABASE)))
}

/** Databases that this program alone has, all of them or none. */
class OpenFolders {
  readonly all: readonly OpenFolder[]

  constructor(folders: readonly string[]) {
    const all: OpenFolder[] = []
    this.all = all
    try {
      for (const folder of folders) all.push(new OpenFolder(folder))
    } catch (error) {
      for (const one of all) void one.storage.close()
      throw error
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const { storage } of this.all) await storage.close()
  }
}

class OpenFolder {
  readonly storage: Storage
  readonly #file: IdentityFile

  constructor(folder: string) {
    this.#file = new IdentityFile(folder)
    this.#file.assertDatabase(join(folder, DATABASE))
    this.storage = openNodeStorage(join(folder, DATABASE), { durability: 'full' })
  }

  /** First the database, which is what counts; then the file beside it. */
  async take(identity: Uint8Array): Promise<void> {
    await this.#file.assertSame(this.storage)
    await this.storage.setMeta('identity', identity)
    await this.storage.scrub()
    await this.#file.keep(this.storage, { isNeeded: true })
  }
}
