import { errorCode } from '@p2p-docstore/core'
import { Command } from 'commander'
import type { Changes } from 'p2p-docstore'
import { collectionOption } from '../collection-option.ts'
import type { Run } from '../context.ts'
import { type CopiesOptions, copiesOptions, copiesText, waitForCopies } from '../copies.ts'
import { ifOption } from '../if-option.ts'
import { parseChangesArgument } from '../json-argument.ts'
import { freshen, openHere } from '../open-namespace.ts'
import { openStore } from '../open-store.ts'

/** `docstore update NS ID CHANGES` */
export function updateCommand(run: Run): Command {
  const command = new Command('update')
    .description('change fields of a document; what others change in other fields stays')
    .argument('<ns>', 'id or name of the namespace')
    .argument('<id>', '_id of the document')
    .argument('<changes>', 'JSON of $set, $unset, $inc, $push, $addToSet, such as {"$set":{"done":true}}', parseChangesArgument)
    .addOption(ifOption())
    .addOption(collectionOption())
  for (const option of copiesOptions()) command.addOption(option)
  return command.action((ns: string, id: string, changes: Changes, options: CopiesOptions & { collection: string; if?: string }) =>
    run(async (context) => {
      await using store = await openStore(context, { network: options.offline === true ? 'off' : 'auto' })
      const namespace = await openHere(context, store, ns)
      const documents = namespace.collection(options.collection)
      const update = (): ReturnType<typeof documents.update> => documents.update(id, changes, options.if === undefined ? {} : { if: options.if })
      const result = await update().catch(async (error: unknown) => {
        if (errorCode(error) !== 'not-found') throw error
        // Somebody else may have written it just now.
        await freshen(context, store, namespace)
        return update()
      })
      const copies = await waitForCopies(context, store, namespace, options)
      await context.output.result({ ...result, copies }, () => `${result._id}  ${copiesText(copies)}`)
    }),
  )
}
