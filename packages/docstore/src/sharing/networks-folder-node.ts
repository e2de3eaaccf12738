import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { IdentityFile } from './identity-file-node.ts'

/** Folder inside of a data folder in which the data of further networks lies, under their ids. */
export const NETWORKS = 'networks'

/** Descriptors of the networks whose data lies in such a folder: a database of the first network that was restored may not know of them. */
export function networksIn(folder: string): readonly Uint8Array[] {
  let names: readonly string[]
  try {
    names = readdirSync(folder)
  } catch {
    // There are none.
    return []
  }
  return names.flatMap((name) => new IdentityFile(join(folder, name)).network() ?? [])
}
