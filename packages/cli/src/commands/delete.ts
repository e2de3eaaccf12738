import { DocstoreError } from '@p2p-docstore/core'
import { Command } from 'commander'
import { collectionOption } from '../collection-option.ts'
import type { Run } from '../context.ts'
import { type CopiesOptions, copiesOptions, waitForCopies } from '../copies.ts'
import { ifOption } from '../if-option.ts'
import { freshen, openToWrite } from '../open-namespace.ts'
import { openStore } from '../open-store.ts'

/** `docstore delete NS ID` */
export function deleteCommand(run: Run): Command {
  const command = new Command('delete')
    .description('delete a document')
    .argument('<ns>', 'id or name of the namespace')
    .argument('<id>', '_id of the document')
    .addOption(ifOption())
    .addOption(collectionOption())
  for (const option of copiesOptions()) command.addOption(option)
  return command.action((ns: string, id: string, options: CopiesOptions & { collection: string; if?: string }) =>
    run(async (context) => {
      await using store = await openStore(context, { network: options.offline === true ? 'off' : 'auto' })
      const { namespace, isHere } = await openToWrite(context, store, ns)
      const documents = namespace.collection(options.collection)
      const expected = options.if === undefined ? {} : { if: options.if }
      let deleted = await documents.delete(id, expected)
      if (!deleted) {
        // Somebody else may have written it just now.
        await freshen(context, store, namespace)
        deleted = await documents.delete(id, expected)
      }
      if (!deleted) throw new DocstoreError('not-found', `There is no document ${JSON.stringify(id)}`)
      const copies = isHere ? await waitForCopies(context, store, namespace, options) : 0
      const pending = isHere ? {} : { pending: true }
      await context.output.result({ _id: id, deleted, copies, ...pending }, () =>
        isHere ? `Deleted ${id}.` : `${id} is deleted when the namespace arrives.`,
      )
    }),
  )
}
