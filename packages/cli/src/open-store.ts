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
