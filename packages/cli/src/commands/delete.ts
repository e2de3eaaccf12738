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
      // A short id is one of this identity's; what is printed holds for everybody.
      const remove = async (): Promise<string | undefined> => {
        const fullId = (await documents.get(id))?._id ?? id
        return (await documents.delete(id, expected)) ? fullId : undefined
      }
      let deleted = await remove()
      if (deleted === undefined) {
        // Somebody else may have written it just now.
        await freshen(context, store, namespace)
        deleted = await remove()
      }
      if (deleted === undefined) throw new DocstoreError('not-found', `There is no document ${JSON.stringify(id)}`)
      const copies = isHere ? await waitForCopies(context, store, namespace, options) : 0
      const pending = isHere ? {} : { pending: true }
      await context.output.result({ _id: deleted, deleted: true, copies, ...pending }, () =>
        isHere ? `Deleted ${deleted}.` : `${deleted} is deleted when the namespace arrives.`,
      )
    }),
  )
}
