import type { NamespaceInfo } from '@p2p-docstore/core'
import { Command } from 'commander'
import type { Docstore } from 'p2p-docstore'
import type { Context, Run } from '../context.ts'
import { openStore } from '../open-store.ts'
import { textTable } from '../output/text-table.ts'

/** A namespace, with the network that it is in where the folder is in several. */
interface Listed extends NamespaceInfo {
  readonly network?: string
  readonly networkName?: string
}

/** `docstore namespace list` */
export function namespaceListCommand(run: Run): Command {
  return new Command('list').description('list the namespaces that are here, in all networks of the data or in that of --network').action(() =>
    run(async (context) => {
      await using store = await openStore(context, { network: 'off' })
      const all = await listed(store, context)
      await context.output.result(all, () =>
        all.length === 0
          ? 'No namespace is here.'
          : textTable(
              all.map(({ id, name, write, writable, ended, networkName }) => [
                id,
                write,
                ended !== undefined ? 'ended' : writable ? 'writable' : 'read-only',
                ...(networkName === undefined ? [] : [networkName]),
                name,
              ]),
            ),
      )
    }),
  )
}

async function listed(store: Docstore, { settings }: Context): Promise<readonly Listed[]> {
  const networks = await store.networks()
  if (networks.length === 1 || settings.network !== undefined) return store.namespaces.list()
  const all: Listed[] = []
  for (const { id, name } of networks)
    for (const namespace of await (await store.inNetwork(id)).namespaces.list()) all.push({ ...namespace, network: id, networkName: name })
  return all
}
