import { Command } from 'commander'
import { collectionOption } from '../collection-option.ts'
import type { Run } from '../context.ts'
import { indexTable } from '../index-table.ts'
import { openHere } from '../open-namespace.ts'
import { openStore } from '../open-store.ts'

/** `docstore index list NS` */
export function indexListCommand(run: Run): Command {
  return new Command('list')
    .description('list the indexes of a collection')
    .argument('<ns>', 'id or name of the namespace')
    .addOption(collectionOption())
    .action((ns: string, { collection }: { collection: string }) =>
      run(async (context) => {
        await using store = await openStore(context)
        const indexes = await (await openHere(context, store, ns)).collection(collection).indexes()
        await context.output.result(indexes, () => indexTable(indexes))
      }),
    )
}
