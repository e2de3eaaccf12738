import { DocstoreError } from '@p2p-docstore/core'
import { Command, Option } from 'commander'
import { collectionOption } from '../collection-option.ts'
import type { Run } from '../context.ts'
import { type CopiesOptions, copiesOptions, copiesText, waitForCopies } from '../copies.ts'
import { openToRead } from '../open-namespace.ts'
import { openStore } from '../open-store.ts'
import { textTable } from '../output/text-table.ts'
import { notEmpty } from '../settings.ts'

/** Characters of a document that a person is shown in a table. */
const SHOWN_LENGTH = 80

/** `docstore history NS ID` */
export function historyCommand(run: Run): Command {
  const command = new Command('history')
    .description('show what a document was before, the newest first, as far as that is kept here')
    .argument('<ns>', 'id or name of the namespace')
    .argument('<id>', '_id of the document')
    .addOption(new Option('--restore <cid>', 'make this version the present one').argParser(notEmpty))
    .addOption(collectionOption())
  for (const option of copiesOptions()) command.addOption(option)
  return command.action((ns: string, id: string, options: CopiesOptions & { collection: string; restore?: string }) =>
    run(async (context) => {
      const { restore, offline } = options
      await using store = await openStore(context, offline === true ? { network: 'off' } : {})
      const namespace = await openToRead(context, store, ns)
      const documents = namespace.collection(options.collection)
      const current = await documents.get(id)
      if (current === undefined) throw new DocstoreError('not-found', `There is no document ${JSON.stringify(id)}`)
      if (restore === undefined) {
        const versions = (await documents.history(id)).map(({ document, cid, at, by }) => ({ _id: document._id, cid, at, by, document }))
        await context.output.result(versions, () =>
          versions.length === 0
            ? 'No earlier version is kept here'
            : textTable(versions.map(({ cid, at, by, document }) => [at, by, cid, JSON.stringify(document).slice(0, SHOWN_LENGTH)])),
        )
        return
      }
      const result = await documents.restoreVersion(id, restore)
      const copies = await waitForCopies(context, store, namespace, options)
      await context.output.result({ ...result, copies }, () => `${result._id}  ${copiesText(copies)}`)
    }),
  )
}
