import { readFile } from 'node:fs/promises'
import { text } from 'node:stream/consumers'
import { addAbortSignal } from 'node:stream'
import { DocstoreError, isPlainObject } from '@p2p-docstore/core'
import { Command } from 'commander'
import { collectionOption } from '../collection-option.ts'
import type { Context, Run } from '../context.ts'
import { type CopiesOptions, copiesOptions, copiesText, waitForCopies } from '../copies.ts'
import { openToWrite } from '../open-namespace.ts'
import { openStore } from '../open-store.ts'
import { parseJson } from '../rows/parse-json.ts'

/** `docstore put NS [FILE]` */
export function putCommand(run: Run): Command {
  const command = new Command('put')
    .description('store one JSON document')
    .argument('<ns>', 'id or name of the namespace')
    .argument('[file]', 'file with the document; - is standard input', '-')
    .option('--id <id>', '_id of the document, in place of the one in it')
    .addOption(collectionOption())
  for (const option of copiesOptions()) command.addOption(option)
  return command.action((ns: string, file: string, options: CopiesOptions & { id?: string; collection: string }) =>
    run(async (context) => {
      const document = parseJson(await readInput(context, file))
      if (!isPlainObject(document)) throw new DocstoreError('bad-document', 'A document is an object, such as {"title":"Hello"}')
      await using store = await openStore(context, { network: options.offline === true ? 'off' : 'auto' })
      const namespace = await openToWrite(context, store, ns)
      const result = await namespace.collection(options.collection).put(options.id === undefined ? document : { ...document, _id: options.id })
      const copies = await waitForCopies(context, store, namespace, options)
      const { records: held } = await namespace.held()
      await context.output.result({ ...result, copies, held }, () => `${result._id}  ${copiesText(copies)}`)
    }),
  )
}

async function readInput({ output, signal }: Context, file: string): Promise<string> {
  if (file !== '-') return readFile(file, { encoding: 'utf8', signal })
  if (process.stdin.isTTY) output.note('Type the document, then press Ctrl+D.')
  return text(addAbortSignal(signal, process.stdin))
}
