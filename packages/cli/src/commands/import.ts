import { stat } from 'node:fs/promises'
import { setImmediate } from 'node:timers/promises'
import { DocstoreError } from '@p2p-docstore/core'
import { Command } from 'commander'
import { type Namespace, type PutManyResult, readNetwork } from 'p2p-docstore'
import { collectionOption } from '../collection-option.ts'
import type { Context, Run } from '../context.ts'
import { type CopiesOptions, copiesOptions, copiesText, waitForCopies } from '../copies.ts'
import { type ImportFlags, importOptions, readOptionsOf } from '../importing/import-options.ts'
import { ImportProgress } from '../importing/import-progress.ts'
import { type ImportCounts, countsText, importNotes } from '../importing/import-report.ts'
import { ROWS_PER_TURN } from '../limits.ts'
import { openHere } from '../open-namespace.ts'
import { openStore } from '../open-store.ts'
import { inputFile } from '../output/standard-streams.ts'
import { Documents, withWritten } from '../rows/documents.ts'
import { openRows, type RowSource } from '../rows/open-rows.ts'
import type { RowDocument } from '../rows/to-document.ts'

type ImportOptions = CopiesOptions & ImportFlags & { readonly collection: string }

/** `docstore import NS FILE` */
export function importCommand(run: Run): Command {
  const command = new Command('import')
    .description('store the rows of a JSON, NDJSON or CSV file, packed or not')
    .argument('<ns>', 'id or name of the namespace')
    .argument('<file>', 'the file; - is standard input', inputFile)
  for (const option of importOptions()) command.addOption(option)
  command.addOption(collectionOption())
  for (const option of copiesOptions()) command.addOption(option)
  return command.action((ns: string, file: string, options: ImportOptions) => run((context) => importFile(context, ns, file, options)))
}

async function importFile(context: Context, ns: string, file: string, options: ImportOptions): Promise<void> {
  const began = performance.now()
  const { output, signal } = context
  const reading = readOptionsOf(options, { note: (text) => output.note(text), signal })
  const source = await openRows(file, reading)
  await using store = await openStore(context, { network: options.offline === true ? 'off' : 'auto' })
  const namespace = await openHere(context, store, ns)
  const { limits } = readNetwork(store.info.network.descriptor).descriptor
  const documents = new Documents({
    idField: options.id,
    collection: options.collection,
    maxBytes: limits.content,
    longNumbers: reading.longNumbers,
    isDistinct: options.distinct === true,
    skipInvalid: reading.skipInvalid,
    derivesIds: (await namespace.rules())[options.collection]?.immutable !== undefined,
  })
  const size = file === '-' ? undefined : await sizeOf(file)
  const progress = await ImportProgress.start({ output, store, namespace, bytesRead: source.bytesRead, size })
  try {
    const counts = await writeAll(context, namespace, options.collection, source, documents, progress)
    progress.stop()
    for (const note of importNotes(documents)) output.note(note)
    if (signal.aborted) throw new DocstoreError('interrupted', `Interrupted. ${countsText(counts)}; kept here`, { details: { ...counts } })
    const copies = await waitForCopies(context, store, namespace, options)
    const seconds = Math.round(performance.now() - began) / 1000
    await output.result({ ...counts, seconds, copies }, () => `${countsText(counts)}, in ${seconds} s; ${copiesText(copies)}.`)
  } finally {
    progress.stop()
  }
}

/** What a pipe or a device will bring is not known before. */
async function sizeOf(file: string): Promise<number | undefined> {
  const found = await stat(file)
  return found.isFile() ? found.size : undefined
}

async function writeAll(
  { signal }: Context,
  namespace: Namespace,
  collection: string,
  source: RowSource,
  documents: Documents,
  progress: ImportProgress,
): Promise<ImportCounts> {
  let written = 0
  const onProgress = (total: PutManyResult): void => {
    written = total.written
    progress.update(total)
  }
  try {
    const total = await namespace.collection(collection).putMany(inTurns(source, documents, signal), { onProgress })
    const { repeated, refused } = documents
    return { read: total.read + repeated + refused, written: total.written, unchanged: total.unchanged, repeated, refused }
  } catch (error) {
    throw withWritten(error, written)
  }
}

/**
 * The documents of all rows, with pauses in which connections send what was written so far. When the signal ends it, the rest of a
 * file is left; what came through a pipe is stored, since nobody can send it again.
 */
async function* inTurns({ groups, isFile }: RowSource, documents: Documents, signal: AbortSignal): AsyncGenerator<RowDocument> {
  let rows = 0
  for await (const group of groups) {
    for (const document of documents.of(group)) {
      if (signal.aborted && isFile) return
      yield document
      if (++rows % ROWS_PER_TURN === 0) await setImmediate()
    }
  }
}
