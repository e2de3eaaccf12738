import { existsSync } from 'node:fs'
import { DocstoreError, isPlainObject, type LongNumbers, parseJson } from '@p2p-docstore/core'
import { Command, Option } from 'commander'
import { collectionOption } from '../collection-option.ts'
import type { Context, Run } from '../context.ts'
import { type CopiesOptions, copiesOptions, copiesText, waitForCopies } from '../copies.ts'
import { type ExpiryFlags, expiryOf, expiryOptions } from '../expiry-options.ts'
import { ifOption } from '../if-option.ts'
import { openToWrite } from '../open-namespace.ts'
import { openStore } from '../open-store.ts'
import { notEmpty } from '../settings.ts'
import { MAX_LINE_LENGTH } from '../limits.ts'
import { inputFile } from '../output/standard-streams.ts'
import { readInput } from '../read-input.ts'

/** `docstore put NS [FILE]` */
export function putCommand(run: Run): Command {
  const command = new Command('put')
    .description('store one JSON document')
    .argument('<ns>', 'id or name of the namespace')
    .argument('[file]', 'file with the document; - is standard input', inputFile, '-')
    .option('--id <id>', '_id of the document, where it has none in it', notEmpty)
    .addOption(
      new Option('--big-numbers <how>', 'numbers that would lose digits: refuse them, or keep them as text')
        .choices(['refuse', 'text'])
        .default('refuse'),
    )
    .addOption(ifOption())
    .addOption(collectionOption())
  for (const option of [...expiryOptions(), ...copiesOptions()]) command.addOption(option)
  return command.action(
    (ns: string, file: string, options: CopiesOptions & ExpiryFlags & { id?: string; collection: string; bigNumbers: LongNumbers; if?: string }) =>
      run(async (context) => {
        const written = { ...(options.if === undefined ? {} : { if: options.if }), ...expiryOf(options) }
        const document = parseJson(await readDocument(context, file), { longNumbers: options.bigNumbers })
        if (!isPlainObject(document)) throw new DocstoreError('bad-document', 'A document is an object, such as {"title":"Hello"}')
        checkId(document['_id'], options.id)
        await using store = await openStore(context, { network: options.offline === true ? 'off' : 'auto' })
        const { namespace, isHere } = await openToWrite(context, store, ns)
        const result = await namespace
          .collection(options.collection)
          .put(options.id === undefined ? document : { ...document, _id: options.id }, written)
        const copies = isHere ? await waitForCopies(context, store, namespace, options) : 0
        const { records: held } = await namespace.held()
        await context.output.result({ ...result, copies, ...(held === 0 ? {} : { held }) }, () => `${result._id}  ${copiesText(copies)}`)
      }),
  )
}

/** An id in the document is that of `--id`, or there is none: neither is dropped for the other. */
function checkId(own: unknown, given: string | undefined): void {
  if (own === undefined || typeof own === 'string') {
    if (own === undefined || given === undefined || own === given) return
    throw new DocstoreError('bad-id', `The document's _id is ${JSON.stringify(own)}, and --id says ${JSON.stringify(given)}. Leave one of them out`)
  }
  throw new DocstoreError('bad-id', `The _id of a document is text, not ${JSON.stringify(own)?.slice(0, 60)}. Write it in quotation marks`)
}

async function readDocument(context: Context, file: string): Promise<string> {
  if (/^\s*[{[]/.test(file) && !existsSync(file))
    throw new DocstoreError(
      'no-file',
      `There is no file ${file}. A document comes from a file, or through a pipe: echo '{"title":"Hello"}' | docstore put NS`,
    )
  return readInput(context, file, {
    what: 'the document',
    maxLength: MAX_LINE_LENGTH,
    tooLong: ['document-too-large', `A document has at most ${MAX_LINE_LENGTH} characters. import takes files of many`],
  })
}
