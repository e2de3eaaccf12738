import { Command } from 'commander'
import type { Run } from '../context.ts'
import { openStore } from '../open-store.ts'
import { textTable } from '../output/text-table.ts'

/** `docstore namespace list` */
export function namespaceListCommand(run: Run): Command {
  return new Command('list').description('list the namespaces that are here').action(() =>
    run(async (context) => {
      await using store = await openStore(context, { network: 'off' })
      const all = await store.namespaces.list()
      await context.output.result(all, () =>
        all.length === 0
          ? 'No namespace is here.'
          : textTable(
              all.map(({ id, name, write, writable, ended }) => [
                id,
                write,
                ended !== undefined ? 'ended' : writable ? 'writable' : 'read-only',
                name,
              ]),
            ),
      )
    }),
  )
}
