import { Command, Option } from 'commander'
import type { Conflict, Document } from 'p2p-docstore'
import { collectionOption } from '../collection-option.ts'
import { conflictText, NO_CID } from '../output/conflict-text.ts'
import type { Run } from '../context.ts'
import { type CopiesOptions, copiesOptions, copiesText, waitForCopies } from '../copies.ts'
import { openHere } from '../open-namespace.ts'
import { openStore } from '../open-store.ts'
import { notEmpty } from '../settings.ts'

interface ResolveOptions extends CopiesOptions {
  readonly collection: string
  readonly keep: string
  readonly seen?: readonly string[]
}

/** `docstore resolve NS ID` */
export function resolveCommand(run: Run): Command {
  const command = new Command('resolve')
    .description('settle the conflicts of a document, and show which')
    .argument('<ns>', 'id or name of the namespace')
    .argument('<id>', '_id of the document')
    .addOption(
      new Option('--keep <cid>', 'winner: leave the document as it is; or the CID of a conflict, which is written; - for a delete')
        .argParser(notEmpty)
        .default('winner'),
    )
    .addOption(
      new Option('--seen <cid>', 'settle only this one, as `docstore conflicts` shows it, - for one without a CID; can be repeated').argParser(
        (cid: string, before: readonly string[] | undefined) => [...(before ?? []), notEmpty(cid)],
      ),
    )
    .addOption(collectionOption())
  for (const option of copiesOptions()) command.addOption(option)
  return command.action((ns: string, id: string, options: ResolveOptions) =>
    run(async (context) => {
      await using store = await openStore(context, { network: options.offline === true ? 'off' : 'auto' })
      const namespace = await openHere(context, store, ns)
      const documents = namespace.collection(options.collection)
      const keep = options.keep === NO_CID ? null : options.keep
      const seen: Conflict<Document>[] = []
      for await (const conflict of documents.conflicts({ id })) if (options.seen?.includes(conflict.cid ?? NO_CID) !== false) seen.push(conflict)
      // What comes from now on was shown to nobody.
      const result = await documents.resolve(id, { keep, seen })
      const chosen = seen.find(({ cid }) => cid === keep)
      const settled = chosen?.field === undefined ? seen : seen.filter(({ field }) => field === chosen.field)
      const copies = await waitForCopies(context, store, namespace, options)
      await context.output.result({ ...result, copies, settled }, () =>
        [...settled.map(conflictText), `${result._id}  ${settled.length} settled  ${copiesText(copies)}`].join('\n'),
      )
    }),
  )
}
