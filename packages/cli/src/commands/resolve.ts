import { Command, Option } from 'commander'
import { collectionOption } from '../collection-option.ts'
import type { Run } from '../context.ts'
import { type CopiesOptions, copiesOptions, copiesText, waitForCopies } from '../copies.ts'
import { openHere } from '../open-namespace.ts'
import { openStore } from '../open-store.ts'
import { notEmpty } from '../settings.ts'

/** `docstore resolve NS ID` */
export function resolveCommand(run: Run): Command {
  const command = new Command('resolve')
    .description('settle the conflicts of a document')
    .argument('<ns>', 'id or name of the namespace')
    .argument('<id>', '_id of the document')
    .addOption(
      new Option('--keep <cid>', 'winner: leave the document as it is; or the CID of a conflict, which is written')
        .argParser(notEmpty)
        .default('winner'),
    )
    .addOption(collectionOption())
  for (const option of copiesOptions()) command.addOption(option)
  return command.action((ns: string, id: string, options: CopiesOptions & { collection: string; keep: string }) =>
    run(async (context) => {
      await using store = await openStore(context, { network: options.offline === true ? 'off' : 'auto' })
      const namespace = await openHere(context, store, ns)
      const result = await namespace.collection(options.collection).resolve(id, { keep: options.keep })
      const copies = await waitForCopies(context, store, namespace, options)
      await context.output.result({ ...result, copies }, () => `${result._id}  ${copiesText(copies)}`)
    }),
  )
}
