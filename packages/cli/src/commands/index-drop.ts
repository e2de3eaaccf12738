import { DocstoreError } from '@p2p-docstore/core'
import { Command, Option } from 'commander'
import { collectionOption } from '../collection-option.ts'
import type { Run } from '../context.ts'
import { parseFieldNames } from '../field-names.ts'
import { indexTable } from '../index-table.ts'
import { openHere } from '../open-namespace.ts'
import { openStore } from '../open-store.ts'

/** `docstore index drop NS FIELDS` */
export function indexDropCommand(run: Run): Command {
  return new Command('drop')
    .description('drop an index; documents stay as they are')
    .argument('<ns>', 'id or name of the namespace')
    .argument('<fields>', 'its fields in their order, as in index list', parseFieldNames)
    .addOption(new Option('--text', 'the text index').default(false))
    .addOption(collectionOption())
    .action((ns: string, fields: readonly string[], { text, collection }: { text: boolean; collection: string }) =>
      run(async (context) => {
        await using store = await openStore(context)
        const documents = (await openHere(context, store, ns)).collection(collection)
        const dropped = await documents.dropIndex(fields, { text })
        const indexes = await documents.indexes()
        if (!dropped) {
          const others = indexes.map((index) => `${index.fields.join(',')}${index.text ? ' --text' : ''}`)
          const there = others.length === 0 ? 'no index' : others.join(' and ')
          throw new DocstoreError(
            'not-found',
            `There is no ${text ? 'text ' : ''}index over ${fields.join(',')}; the collection ${collection} has ${there}`,
          )
        }
        await context.output.result(indexes, () => indexTable(indexes))
      }),
    )
}
