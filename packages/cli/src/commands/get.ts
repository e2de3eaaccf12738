import { DocstoreError } from '@p2p-docstore/core'
import { Command } from 'commander'
import { collectionOption } from '../collection-option.ts'
import type { Run } from '../context.ts'
import { openToRead } from '../open-namespace.ts'
import { openStore } from '../open-store.ts'

/** `docstore get NS ID` */
export function getCommand(run: Run): Command {
  return new Command('get')
    .description('print a document')
    .argument('<ns>', 'id or name of the namespace')
    .argument('<id>', '_id of the document')
    .option('--meta', 'with its CID, the time of its last change, and who made that')
    .addOption(collectionOption())
    .action((ns: string, id: string, { collection, meta = false }: { collection: string; meta?: boolean }) =>
      run(async (context) => {
        await using store = await openStore(context)
        const namespace = await openToRead(context, store, ns)
        const documents = namespace.collection(collection)
        const document = meta ? await documents.get(id, { meta }) : await documents.get(id)
        if (document === undefined) throw new DocstoreError('not-found', `There is no document ${JSON.stringify(id)}`)
        await context.output.json(document)
      }),
    )
}
