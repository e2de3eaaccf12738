import { Command, Option } from 'commander'
import type { Conflict, Document, Namespace } from 'p2p-docstore'
import { collectionOption } from '../collection-option.ts'
import { commandText, quoted } from '../command-text.ts'
import { conflictText, NO_CID } from '../output/conflict-text.ts'
import type { Run } from '../context.ts'
import { openToRead } from '../open-namespace.ts'
import { openStore } from '../open-store.ts'
import { wholeNumber } from '../settings.ts'

/** Conflicts that are listed unless more are asked for. */
const LISTED = 1000

/** `docstore conflicts NS [ID]` */
export function conflictsCommand(run: Run): Command {
  return new Command('conflicts')
    .description('list versions that lost to others whose writers had not seen them')
    .argument('<ns>', 'id or name of the namespace')
    .argument('[id]', '_id of a document')
    .addOption(new Option('--limit <n>', 'most conflicts to print').argParser(wholeNumber(1)).default(LISTED))
    .addOption(collectionOption())
    .action((ns: string, id: string | undefined, { collection, limit }: { collection: string; limit: number }) =>
      run(async (context) => {
        const { output, settings } = context
        await using store = await openStore(context)
        const namespace = await openToRead(context, store, ns)
        const documents = namespace.collection(collection)
        const conflicts: Conflict<Document>[] = []
        for await (const conflict of documents.conflicts({ id })) {
          context.signal.throwIfAborted()
          if (conflicts.push(conflict) === limit) break
        }
        await output.result(conflicts, () =>
          conflicts.length === 0 ? `No version that lost is kept in the collection "${collection}"` : conflicts.map(conflictText).join('\n'),
        )
        if (id !== undefined && conflicts.length > 0) {
          const seen = [...new Set(conflicts.map(({ cid }) => cid ?? NO_CID))].map((cid) => ` --seen ${cid}`).join('')
          const where = collection === 'docs' ? '' : ` --collection ${quoted(collection)}`
          output.note(`To keep what stands, for everybody: \`${commandText(settings, `resolve ${quoted(ns)} ${quoted(id)}${where}${seen}`)}\``)
        }
        const others = id === undefined ? await otherCollections(namespace, collection) : []
        if (others.length > 0) output.note(`There are conflicts in ${others.join(', ')} too: --collection ${others[0]}`)
      }),
    )
}

/** Names of the other collections that have conflicts, among the first documents that do. */
async function otherCollections(namespace: Namespace, collection: string): Promise<readonly string[]> {
  const names = new Set<string>()
  let seen = 0
  for await (const one of namespace.conflictedDocuments()) {
    if (one.collection !== collection) names.add(one.collection)
    if (++seen === LISTED) break
  }
  return [...names]
}
