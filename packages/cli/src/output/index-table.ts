import type { IndexInfo } from 'p2p-docstore'
import { textTable } from './text-table.ts'

/** Declared indexes, as people read them. */
export function indexTable(indexes: readonly IndexInfo[]): string {
  if (indexes.length === 0) return 'No index is declared.'
  return textTable(indexes.map(({ fields, text }) => [fields.join(','), text ? 'words' : 'values']))
}
