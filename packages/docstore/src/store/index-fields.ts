import { DocstoreError, isPlainObject } from '@p2p-docstore/core'

/**
 * The fields of an index, in their order: their names, or what MongoDB takes, such as `{ author: 1, n: -1 }` and `{ title: 'text' }`. An
 * index is read in both directions, so 1 and -1 mean the same; `'text'` makes it a text index.
 */
export type IndexFields = readonly string[] | { readonly [field: string]: 1 | -1 | 'text' } | ReadonlyMap<string, 1 | -1 | 'text'>

/** Options of an index. */
export interface IndexOptions {
  /** Over the words in the fields, for `$text`, instead of their values. A collection has at most one such index. */
  readonly text?: boolean
}

const EXAMPLES = 'a list such as ["author", "n"], or an object such as { author: 1, n: -1 } or { title: "text" }'

/** Reads what `createIndex` and `dropIndex` take. Throws `bad-index`, and `bad-option` for what is no option. */
export function indexDeclaration(input: unknown, options: unknown = {}): { readonly fields: readonly string[]; readonly text: boolean } {
  const { text, ...unknown }: { readonly [name: string]: unknown } = isPlainObject(options) ? options : { options }
  const [name] = Object.keys(unknown)
  if (name !== undefined) throw new DocstoreError('bad-option', `An index has no option ${JSON.stringify(name.slice(0, 80))}. There is text`)
  if (text !== undefined && typeof text !== 'boolean') throw new DocstoreError('bad-option', 'The option text of an index is true or false')
  const entries = entriesOf(input)
  const isText = entries.some(([, kind]) => kind === 'text')
  if (isText && (text === false || entries.some(([, kind]) => kind !== 'text')))
    throw new DocstoreError('bad-index', 'An index is over words or over values: give all of its fields "text", or none')
  return { fields: entries.map(([field]) => field), text: text ?? isText }
}

function entriesOf(input: unknown): (readonly [field: string, kind: unknown])[] {
  const entries: readonly (readonly [unknown, unknown])[] | undefined = Array.isArray(input)
    ? input.map((field: unknown) => [field, 1] as const)
    : input instanceof Map
      ? [...input]
      : isPlainObject(input)
        ? Object.entries(input)
        : undefined
  const checked = entries?.flatMap(([field, kind]) =>
    typeof field === 'string' && (kind === 1 || kind === -1 || kind === 'text') ? [[field, kind] as const] : [],
  )
  if (checked === undefined || checked.length !== entries?.length) throw new DocstoreError('bad-index', `An index is declared with ${EXAMPLES}`)
  return checked
}
