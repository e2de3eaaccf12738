import { Command } from 'commander'
import { type Docstore, knownOrigins } from 'p2p-docstore'
import type { Run } from '../context.ts'
import { openStore } from '../open-store.ts'
import { textTable } from '../output/text-table.ts'

/** A network of a folder, as it is printed. */
interface ListedNetwork {
  readonly id: string
  readonly name: string
  /** Whether commands work in it where they are given no other. */
  readonly used: boolean
  readonly namespaces: number
  readonly relays: readonly string[]
}

/** `docstore network list` */
export function networkListCommand(run: Run): Command {
  return new Command('list').description('list the networks that this data is in; commands work in the one that is marked').action(() =>
    run(async (context) => {
      await using store = await openStore(context, { network: 'off' })
      const all: ListedNetwork[] = []
      for (const { id, name, isUsed } of await store.networks()) all.push({ id, name, used: isUsed, ...(await contentOf(await store.inNetwork(id))) })
      await context.output.result(all, () =>
        textTable(
          all.map(({ id, name, used, namespaces, relays }) => [
            used ? '*' : ' ',
            id,
            `${namespaces} ${namespaces === 1 ? 'namespace' : 'namespaces'}`,
            relays.length === 0 ? 'no relay' : `${relays.length} ${relays.length === 1 ? 'relay' : 'relays'}`,
            name,
          ]),
        ),
      )
    }),
  )
}

async function contentOf(store: Docstore): Promise<Pick<ListedNetwork, 'namespaces' | 'relays'>> {
  return { namespaces: (await store.namespaces.list()).length, relays: await knownOrigins(store) }
}
