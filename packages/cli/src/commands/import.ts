import { stat } from 'node:fs/promises'
import { setImmediate } from 'node:timers/promises'
import { DocstoreError, errorCode, errorMessage } from '@p2p-docstore/core'
import { Command } from 'commander'
import { type Namespace, type PutManyResult, readNetwork } from 'p2p-docstore'
import { collectionOption } from '../collection-option.ts'
import type { Context, Run } from '../context.ts'
import { type CopiesOptions, copiesOptions, copiesText, waitForCopies } from '../copies.ts'
import { ImportProgress } from '../import-progress.ts'
import { ROWS_PER_TURN } from '../limits.ts'
import { openToWrite } from '../open-namespace.ts'
import { openStore } from '../open-store.ts'
import { openRows, type RowSource } from '../rows/row-source.ts'
import { inputFile } from '../standard-streams.ts'
import { type DocumentOptions, type RowDocument, toDocument } from '../rows/to-document.ts'

interface ImportOptions extends CopiesOptions {
  readonly id?: string
  readonly collection: string
}

/** `docstore import NS FILE` */
export function importCommand(run: Run): Command {
  const command = new Command('import')
    .description('store the rows of a JSON array, NDJSON or CSV file')
    .argument('<ns>', 'id or name of the namespace')
    .argument('<file>', 'the file; - is standard input', inputFile)
    .option('--id <field>', 'field whose value becomes the _id (default: _id, else derived from the content, so that a second run changes nothing)')
    .addOption(collectionOption())
  for (const option of copiesOptions()) command.addOption(option)
  return command.action((ns: string, file: string, options: ImportOptions) => run((context) => importFile(context, ns, file, options)))
}

async function importFile(context: Context, ns: string, file: string, options: ImportOptions): Promise<void> {
  const began = performance.now()
  const source = await openRows(file, context.signal)
  await using store = await openStore(context, { network: options.offline === true ? 'off' : 'auto' })
  const namespace = await openToWrite(context, store, ns)
  const { limits } = readNetwork(store.info.network.descriptor).descriptor
  const documents = documentsOf(source, { idField: options.id, collection: options.collection, maxBytes: limits.content })
  const { size } = file === '-' ? { size: undefined } : await sizeOf(file)
  const progress = await ImportProgress.start({ output: context.output, store, namespace, bytesRead: source.bytesRead, size })
  try {
    const total = await writeAll(context, namespace, options.collection, documents, progress)
    const copies = await waitForCopies(context, store, namespace, options)
    const seconds = Math.round(performance.now() - began) / 1000
    progress.stop()
    await context.output.result(
      { ...total, seconds, copies },
      () => `Read ${total.read}: ${total.written} written, ${total.unchanged} unchanged, in ${seconds} s; ${copiesText(copies)}.`,
    )
  } finally {
    progress.stop()
  }
}

/** What a pipe or a device will bring is not known before. */
async function sizeOf(file: string): Promise<{ readonly size: number | undefined }> {
  const found = await stat(file)
  return { size: found.isFile() ? found.size : undefined }
}

/** A JSON array is checked from end to end before anything is written; the others come row by row. */
function documentsOf({ rows }: RowSource, options: DocumentOptions): readonly RowDocument[] | AsyncIterable<RowDocument> {
  if (Array.isArray(rows)) return rows.map((row) => toDocument(row, options))
  async function* stream(): AsyncGenerator<RowDocument> {
    for await (const row of rows) yield toDocument(row, options)
  }
  return stream()
}

async function writeAll(
  { signal }: Context,
  namespace: Namespace,
  collection: string,
  documents: readonly RowDocument[] | AsyncIterable<RowDocument>,
  progress: ImportProgress,
): Promise<PutManyResult> {
  let written = 0
  const onProgress = (total: PutManyResult): void => {
    written = total.written
    progress.update(total)
  }
  try {
    return await namespace.collection(collection).putMany(inTurns(documents), { onProgress, signal })
  } catch (error) {
    // The rows before the mistake are documents already; whoever reads the message wants to know.
    const kept = written === 0 ? 'Nothing was written' : `${written} documents before it were written`
    throw new DocstoreError(errorCode(error), `${errorMessage(error)}. ${kept}`, { cause: error, details: { written } })
  }
}

/** The same documents, with pauses in which connections send what was written so far. */
async function* inTurns(documents: readonly RowDocument[] | AsyncIterable<RowDocument>): AsyncGenerator<RowDocument> {
  let rows = 0
  for await (const document of documents) {
    yield document
    if (++rows % ROWS_PER_TURN === 0) await setImmediate()
  }
}
