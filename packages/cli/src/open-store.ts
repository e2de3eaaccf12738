import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { createDocstore, type Docstore } from 'p2p-docstore'
import type { Context } from './context.ts'

/**
 * Opens the data folder, through the process that has it open already where there is one. `network` is as in `createDocstore`: most
 * commands connect where a relay is known.
 */
export async function openStore(
  { settings: { data, join } }: Context,
  { network = 'auto', descriptor }: { network?: 'on' | 'off' | 'auto'; descriptor?: Uint8Array } = {},
): Promise<Docstore> {
  return createDocstore({
    data,
    network,
    ...(join === undefined ? {} : { join }),
    ...(descriptor === undefined ? {} : { descriptor }),
  })
}

/** Whether a folder has data in it already; opening one that has none makes it. */
export function hasData(folder: string): boolean {
  return existsSync(join(folder, 'docstore.db'))
}
