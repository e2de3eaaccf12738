import { Command } from 'commander'
import { collectionOption } from '../collection-option.ts'
import type { Run } from '../context.ts'
import { parseFilterArgument } from '../json-argument.ts'
import { openToRead } from '../open-namespace.ts'
import { openStore } from '../open-store.ts'

/** `docstore count NS [FILTER]` */
export function countCommand(run: Run): Command {
  return new Command('count')
    .description('count the documents that match')
    .argument('<ns>', 'id or name of the namespace')
    .argument('[filter]', 'JSON, such as {"age":{"$gt":30}}', parseFilterArgument, {})
    .addOption(collectionOption())
    .action((ns: string, filter: Readonly<Record<string, unknown>>, { collection }: { collection: string }) =>
      run(async (context) => {
        await using store = await openStore(context)
        const count = await (await openToRead(context, store, ns)).collection(collection).count(filter)
        await context.output.result({ count }, () => String(count))
      }),
    )
}
