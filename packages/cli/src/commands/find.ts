import { Command, Option } from 'commander'
import { collectionOption } from '../collection-option.ts'
import type { SortInput } from 'p2p-docstore'
import type { Run } from '../context.ts'
import { parseFilterArgument, parseSortArgument } from '../json-argument.ts'
import { FIND_PAGE } from '../limits.ts'
import { openToRead } from '../open-namespace.ts'
import { openStore } from '../open-store.ts'
import { wholeNumber } from '../settings.ts'

/** `docstore find NS [FILTER]` */
export function findCommand(run: Run): Command {
  return new Command('find')
    .description('print the documents that match, one per line')
    .argument('<ns>', 'id or name of the namespace')
    .argument('[filter]', 'JSON, such as {"age":{"$gt":30}}', parseFilterArgument, {})
    .addOption(
      new Option('--sort <fields>', 'fields to sort by; a - in front: falling; $textScore: best answers to a $text first').argParser(
        parseSortArgument,
      ),
    )
    .addOption(new Option('--limit <n>', 'most documents to print').argParser(wholeNumber(1)))
    .addOption(collectionOption())
    .action((ns: string, filter: Readonly<Record<string, unknown>>, options: { sort?: SortInput; limit?: number; collection: string }) =>
      run(async (context) => {
        await using store = await openStore(context)
        const { sort = {}, limit: most = Number.POSITIVE_INFINITY, collection } = options
        const documents = (await openToRead(context, store, ns)).collection(collection)
        let left = most
        let cursor: string | undefined
        do {
          context.signal.throwIfAborted()
          const page = await documents.find(filter, { sort, limit: Math.min(left, FIND_PAGE) }).page(cursor)
          await context.output.lines(page.documents)
          left -= page.documents.length
          cursor = page.cursor
        } while (cursor !== undefined && left > 0)
      }),
    )
}
