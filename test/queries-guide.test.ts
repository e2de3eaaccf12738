import { readFileSync } from 'node:fs'
import { createDocstore, type Docstore, type FilterInput, type Namespace } from 'p2p-docstore'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import * as limits from '../packages/core/src/query/limits.ts'
import { MAX_INDEXES, MAX_NAMESPACE_INDEXES } from '../packages/core/src/storage/indexes/declared-indexes.ts'
import { MAX_NAMESPACE_TEXT_INDEXES, MAX_TEXT_INDEXES } from '../packages/core/src/storage/indexes/text-indexes.ts'

const guide = readFileSync(new URL('../docs/guides/queries.md', import.meta.url), 'utf8')

/** The rows of the tables of a section, as cells; without heads. */
function rowsOf(section: string): string[][] {
  const text = guide.split(/^## /m).find((part) => part.startsWith(`${section}\n`)) ?? expect.unreachable(section)
  const rows = text.split('\n').filter((line) => line.startsWith('|') && !line.startsWith('| ---'))
  return rows.slice(1).map((row) =>
    row
      .slice(1, -1)
      .split('|')
      .map((cell) => cell.trim()),
  )
}

/** The JSON values that a cell has as code. */
const valuesIn = (cell = ''): unknown[] => [...cell.matchAll(/`([^`]+)`/g)].map(([, json = '']) => JSON.parse(json) as unknown)
const pathOf = (filter: object): string => Object.keys(filter)[0] ?? ''

let store: Docstore
beforeAll(async () => {
  store = await createDocstore({ data: 'memory', network: 'off' })
})
afterAll(() => store.close())

async function filled(documents: readonly unknown[], index?: string): Promise<Namespace> {
  const namespace = await store.namespaces.create({ name: 'guide', write: 'owner' })
  if (index !== undefined) await namespace.createIndex([index])
  for (const [i, document] of documents.entries()) await namespace.put({ _id: String(i).padStart(2, '0'), ...(document as object) })
  return namespace
}

for (const section of ['Operators', 'Paths and arrays']) {
  describe(section, () => {
    it.each(rowsOf(section).map(([, ...cells]) => cells))('%s gives %s and not %s', async (filterCell, matching, other) => {
      const [filter, yes, no] = [filterCell, matching, other].map((cell) => valuesIn(cell)[0])
      for (const index of [undefined, pathOf(filter as object)]) {
        const namespace = await filled([yes, no], index?.startsWith('$') ? 'a' : index)
        expect(await namespace.find(filter as FilterInput).toArray()).toEqual([{ _id: '00', ...(yes as object) }])
        expect(await namespace.count(filter as FilterInput)).toBe(1)
      }
    })
  })
}

describe('Words', () => {
  it.each(rowsOf('Words').map(([, ...cells]) => cells))('%s finds %s and not %s', async (filterCell, matching, other) => {
    const [filter, yes, no] = [filterCell, matching, other].map((cell) => valuesIn(cell)[0])
    const namespace = await filled([yes])
    await namespace.createIndex({ a: 'text', b: 'text', 'c.d': 'text' })
    await namespace.put({ _id: '01', ...(no as object) })
    expect(await namespace.find(filter as FilterInput).toArray()).toEqual([{ _id: '00', ...(yes as object) }])
    expect(await namespace.count(filter as FilterInput)).toBe(1)
  })
})

it.each(rowsOf('Order'))('the order %s is %s', async (sortCell, documents) => {
  const [sort] = valuesIn(sortCell)
  const values = valuesIn(documents)
  for (const index of [undefined, 'a']) {
    const namespace = await filled(
      values.toReversed().map((a) => ({ a })),
      index,
    )
    const found = await namespace.find({}, { sort: sort as { a: 1 } }).toArray()
    expect(found.map(({ a }) => a)).toEqual(values)
  }
})

it('the limits are those that hold', () => {
  const real: Readonly<Record<string, number>> = {
    'conditions in a filter': limits.MAX_FILTER_CONDITIONS,
    'levels of a filter': limits.MAX_FILTER_DEPTH,
    'values in `$in`, `$nin`, `$all`': limits.MAX_IN_VALUES,
    'regular expressions in a filter': limits.MAX_REGEXES,
    'characters of a regular expression': limits.MAX_REGEX_LENGTH,
    'steps that the regular expressions of a filter compile to (`x{100}` is 100)': limits.MAX_REGEX_STEPS,
    'characters of a path': limits.MAX_PATH_LENGTH,
    'segments of a path': limits.MAX_PATH_SEGMENTS,
    'fields of a sort or an index': limits.MAX_SORT_FIELDS,
    'indexes of a namespace': MAX_NAMESPACE_INDEXES,
    'indexes of a store': MAX_INDEXES,
    'words and phrases of a `$search`': limits.MAX_SEARCH_TERMS,
    'characters of a `$search`': limits.MAX_SEARCH_LENGTH,
    'text indexes of a namespace': MAX_NAMESPACE_TEXT_INDEXES,
    'text indexes of a store': MAX_TEXT_INDEXES,
  }
  expect(Object.fromEntries(rowsOf('Limits').map(([name, value]) => [name, Number(value)]))).toEqual(real)
})
