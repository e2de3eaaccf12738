import { Command } from 'commander'
import type { Run } from '../context.ts'
import { namespaceId } from '../namespace-id.ts'
import { openStore } from '../open-store.ts'
import { textTable } from '../output/text-table.ts'

/** `docstore namespace pending NS` */
export function namespacePendingCommand(run: Run): Command {
  return new Command('pending')
    .description('show what was written in a namespace before it arrived: what waits for that, and what was refused then')
    .argument('<ns>', 'id or name of the namespace')
    .option('--drop', 'give all of it up')
    .action((ns: string, { drop }: { drop?: boolean }) =>
      run(async (context) => {
        await using store = await openStore(context, { network: 'off' })
        const namespace = await store.namespaces.open(await namespaceId(store, ns))
        const pending = await namespace.pending()
        if (drop === true) await namespace.dropPending(pending.map(({ key }) => key))
        const shown = pending.map((one) => ({
          ...one,
          _id: one._id ?? null,
          document: one.document ?? null,
          fields: one.fields ?? null,
          refused: one.refused ?? null,
          dropped: drop === true,
        }))
        await context.output.result(shown, () => {
          const rows = shown.map(({ kind, collection, _id, fields, at, refused, dropped }) => [
            dropped ? 'dropped' : refused === null ? 'waits' : `refused (${refused})`,
            kind,
            `${collection}/${_id ?? fields?.join(',') ?? ''}`,
            at,
          ])
          return rows.length === 0 ? 'Nothing waits for this namespace.' : textTable(rows)
        })
      }),
    )
}
