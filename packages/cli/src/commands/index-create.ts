import { Command, Option } from 'commander'
import { collectionOption } from '../collection-option.ts'
import type { Run } from '../context.ts'
import { parseFieldNames } from '../field-names.ts'
import { indexTable } from '../output/index-table.ts'
import { openToWrite } from '../open-namespace.ts'
import { openStore } from '../open-store.ts'

/** `docstore index create NS FIELDS` */
export function indexCreateCommand(run: Run): Command {
  return new Command('create')
    .description('declare an index in this data folder, which makes queries on its fields fast')
    .argument('<ns>', 'id or name of the namespace')
    .argument('<fields>', 'names of fields in their order, such as author,address.city', parseFieldNames)
    .addOption(new Option('--text', 'over the words in the fields, for $text; a collection has one such index').default(false))
    .addOption(collectionOption())
    .action((ns: string, fields: readonly string[], { text, collection }: { text: boolean; collection: string }) =>
      run(async (context) => {
        await using store = await openStore(context)
        const documents = (await openToWrite(context, store, ns)).namespace.collection(collection)
        await documents.createIndex(fields, { text })
        const indexes = await documents.indexes()
        await context.output.result(indexes, () => indexTable(indexes))
      }),
    )
}
