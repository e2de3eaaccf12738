import { errorCode, errorMessage } from '@p2p-docstore/core'
import { Command } from 'commander'
import { type ImportFlags, importOptions, readOptionsOf } from '../importing/import-options.ts'
import { importNotes } from '../importing/import-report.ts'
import { Documents } from '../rows/documents.ts'
import { openRows } from '../rows/open-rows.ts'
import type { RowDocument } from '../rows/to-document.ts'

/** A document with its id: no rules derive any here. */
type NamedDocument = RowDocument & { readonly _id: string }

/** What an import of a file would store, without a store. */
export interface ReadDocuments {
  readonly documents: readonly NamedDocument[]
  readonly repeated: number
  readonly refused: number
  /** What the person is told, line by line. */
  readonly notes: readonly string[]
  readonly error: { readonly code: string; readonly message: string } | undefined
}

/** Reads a file as `docstore import NS FILE` with these options does. */
export async function readDocuments(
  file: string,
  args: readonly string[] = [],
  signal: AbortSignal = new AbortController().signal,
): Promise<ReadDocuments> {
  const command = new Command('import').exitOverride().configureOutput({ writeErr: () => undefined })
  for (const option of importOptions()) command.addOption(option)
  const notes: string[] = []
  const read: NamedDocument[] = []
  let documents: Documents | undefined
  let error: ReadDocuments['error']
  try {
    command.parse(args, { from: 'user' })
    const flags = command.opts<ImportFlags>()
    const options = readOptionsOf(flags, { note: (text) => notes.push(text), signal })
    const source = await openRows(file, options)
    documents = new Documents({
      idField: flags.id,
      collection: 'docs',
      maxBytes: 120 * 1024,
      longNumbers: options.longNumbers,
      isDistinct: flags.distinct === true,
      skipInvalid: options.skipInvalid,
    })
    for await (const group of source.groups)
      for (const document of documents.of(group)) if (document._id !== undefined) read.push({ ...document, _id: document._id })
  } catch (caught) {
    error = { code: errorCode(caught), message: errorMessage(caught) }
  }
  if (documents !== undefined) notes.push(...importNotes(documents))
  return { documents: read, repeated: documents?.repeated ?? 0, refused: documents?.refused ?? 0, notes, error }
}
