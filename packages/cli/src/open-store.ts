import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { createDocstore, type Docstore } from 'p2p-docstore'
import type { Context } from './context.ts'

/**
 * Opens the data folder, through the process that has it open already where there is one. `network` is as in `createDocstore`: most
 * commands connect where a relay is known.
 */
export async function openStore(
  { settings: { data, join }, output }: Context,
  { network = 'auto', descriptor }: { network?: 'on' | 'off' | 'auto'; descriptor?: Uint8Array } = {},
): Promise<Docstore> {
  const store = await createDocstore({
    data,
    network,
    ...(join === undefined ? {} : { join }),
    ...(descriptor === undefined ? {} : { descriptor }),
  })
  if (store.isCopy) output.note(COPY_NOTE)
  return store
}

/** What people are told of a data folder that is a copy. */
export const COPY_NOTE: string =
  'This data folder is a copy of another one, or was moved to another disk: it has a database id and a peer key of its own from now on. The identity is the same.'

/** Whether a folder has data in it already; opening one that has none makes it. */
export function hasData(folder: string): boolean {
  return existsSync(join(folder, 'docstore.db'))
}
