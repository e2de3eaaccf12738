import { createDocstore, type Docstore } from 'p2p-docstore'
import type { Context } from './context.ts'

/** Opens the data folder, through the process that has it open already where there is one. Without `network`, nothing is connected. */
export async function openStore(
  { settings: { data, join } }: Context,
  { network = 'on', descriptor }: { network?: 'on' | 'off'; descriptor?: Uint8Array } = {},
): Promise<Docstore> {
  return createDocstore({
    data,
    network,
    ...(join === undefined ? {} : { join }),
    ...(descriptor === undefined ? {} : { descriptor }),
  })
}
