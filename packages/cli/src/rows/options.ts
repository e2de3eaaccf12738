import type { LongNumbers } from '@p2p-docstore/core'
import type { ColumnType } from './column-type.ts'

/** What a file holds. */
export type Format = 'json' | 'ndjson' | 'csv'

/** How a file is read. */
export interface ReadOptions {
  /** What the file is, where its name and its beginning do not tell. */
  readonly format?: Format | 'tsv' | undefined
  /** Label of the encoding, as browsers know it. Default: UTF-8, or what the byte order mark says. */
  readonly encoding?: string | undefined
  /** Field whose value becomes the `_id`. */
  readonly idField?: string | undefined
  readonly longNumbers: LongNumbers
  readonly skipInvalid: boolean
  /** CSV only. */
  readonly csv: CsvOptions
  /** JSON only. */
  readonly json: JsonOptions
  /** Says something about the file to the person. */
  readonly note: (text: string) => void
  /** Ends the reading: what came until then counts as the whole. */
  readonly signal: AbortSignal
}

/** How CSV is read. */
export interface CsvOptions {
  readonly delimiter?: string | undefined
  /** Names of the columns of a file that has no header. */
  readonly fields?: readonly string[] | undefined
  readonly hasHeader: boolean
  /** Types of columns by name; all others follow from their cells. */
  readonly types: ReadonlyMap<string, ColumnType>
  /** Cells that stand for nothing. */
  readonly nulls: ReadonlySet<string>
  readonly decimalMark: '.' | ','
  /** The options that were typed: none of them is passed over in silence. */
  readonly flags: readonly string[]
}

/** How JSON is read. */
export interface JsonOptions {
  /** Names that lead to the documents; none for the value itself. */
  readonly path?: readonly string[] | undefined
  /** Whether the documents are the fields of an object, with their names as ids. */
  readonly isKeyed: boolean
  /** The options that were typed. */
  readonly flags: readonly string[]
}
