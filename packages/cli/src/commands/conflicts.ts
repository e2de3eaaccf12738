import { Command, Option } from 'commander'
import type { Conflict, Document, Namespace } from 'p2p-docstore'
import { collectionOption } from '../collection-option.ts'
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
        await using store = await openStore(context)
        const namespace = await openToRead(context, store, ns)
        const documents = namespace.collection(collection)
        const conflicts: Conflict<Document>[] = []
        for await (const conflict of documents.conflicts({ id })) {
          context.signal.throwIfAborted()
          if (conflicts.push(conflict) === limit) break
        }
        await context.output.result(conflicts, () => conflicts.map(conflictText).join('\n'))
        const others = id === undefined ? await otherCollections(namespace, collection) : []
        if (others.length > 0) context.output.note(`There are conflicts in ${others.join(', ')} too: --collection ${others[0]}`)
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

function conflictText({ _id, cid, at, by, field, value, document, won }: Conflict<Document>): string {
  const lost = field === undefined ? JSON.stringify(document) : `${field}: ${value === undefined ? 'taken away' : JSON.stringify(value)}`
  return `${_id}  ${cid ?? '-'}  ${at}  ${by}\n  ${lost}\n  lost to what was written ${won.at} by ${won.by}`
}
