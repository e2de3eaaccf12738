import { Command, Option } from 'commander'
import { collectionOption } from '../collection-option.ts'
import type { Run } from '../context.ts'
import type { FindOptions, ProjectionInput } from 'p2p-docstore'
import { parseFieldsArgument, parseFilterArgument, parseSortArgument } from '../json-argument.ts'
import { FIND_PAGE } from '../limits.ts'
import { openToRead } from '../open-namespace.ts'
import { openStore } from '../open-store.ts'
import { wholeNumber } from '../settings.ts'

interface Options extends Pick<FindOptions, 'sort' | 'limit' | 'skip'> {
  readonly collection: string
  readonly fields?: ProjectionInput
  readonly meta?: boolean
}

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
    .addOption(new Option('--skip <n>', 'documents to pass over').argParser(wholeNumber(0)))
    .addOption(new Option('--fields <names>', 'fields to print besides _id; a - in front: all but that one').argParser(parseFieldsArgument))
    .option('--meta', 'each with its CID, the time of its last change, and who made that')
    .addOption(collectionOption())
    .action((ns: string, filter: Readonly<Record<string, unknown>>, { collection, fields, meta = false, ...rest }: Options) =>
      run(async (context) => {
        await using store = await openStore(context)
        const documents = (await openToRead(context, store, ns)).collection(collection)
        const options = { ...rest, ...(fields === undefined ? {} : { projection: fields }) }
        const found: AsyncIterable<unknown> = meta ? documents.find(filter, { ...options, meta }) : documents.find(filter, options)
        let lines: unknown[] = []
        for await (const document of found) {
          context.signal.throwIfAborted()
          lines.push(document)
          if (lines.length < FIND_PAGE) continue
          await context.output.lines(lines)
          lines = []
        }
        await context.output.lines(lines)
      }),
    )
}
