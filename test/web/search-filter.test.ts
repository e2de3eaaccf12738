import { createDocstore, type Document, type FilterInput } from 'p2p-docstore'
import { describe, expect, it } from 'vitest'
import { fieldPath } from '../../apps/web/src/documents/filter/field-path.ts'
import { parseQuickFilter } from '../../apps/web/src/documents/filter/quick-filter.ts'
import { searchFieldsOf, searchFilter } from '../../apps/web/src/documents/filter/search-filter.ts'

const PLACES: readonly Document[] = [
  { _id: 'a1', name: 'Lyon', population: 522250, region: { name: 'Rhône-Alpes' } },
  { _id: 'b2', name: 'Zürich', population: 5, tags: ['lake', 'Limmat'] },
  { _id: 'c3', name: 'São Paulo', 'odd.name': 'a.b (c)', '2020': 'year', items: [{ $kind: 'harbour' }] },
  { _id: 'lyon', other: true },
]

/** The search for what was typed, as the list makes it. */
function search(text: string, documents: readonly Document[] = PLACES): FilterInput {
  const parsed = parseQuickFilter(text)
  if (!parsed.ok) return expect.unreachable(parsed.message)
  return searchFilter(parsed.filter, parsed.words, searchFieldsOf(documents)).filter
}

describe('a word in the filter box', () => {
  it('finds documents that have it somewhere, whatever its case and accents', async () => {
    await using store = await createDocstore({ network: 'off' })
    const places = await store.namespaces.create({ name: 'places' })
    await places.putMany(PLACES)
    const found = async (text: string): Promise<string[]> => (await places.find(search(text)).toArray()).map(({ _id }) => _id)
    expect(await found('lyon')).toEqual(['a1', 'lyon'])
    expect(await found('LYO')).toEqual(['a1', 'lyon'])
    expect(await found('zurich')).toEqual(['b2'])
    expect(await found('rhone')).toEqual(['a1'])
    expect(await found('"são paulo"')).toEqual(['c3'])
    expect(await found('limmat zürich')).toEqual(['b2'])
    expect(await found('limmat lyon')).toEqual([])
    expect(await found('522250')).toEqual(['a1'])
    expect(await found('name=Lyon rhône')).toEqual(['a1'])
    expect(await found('name=Lyon population>3 rhône')).toEqual(['a1'])
    // Names and characters that mean something in paths and patterns are themselves here.
    expect(await found('"a.b (c)"')).toEqual(['c3'])
    expect(await found('a.c')).toEqual([])
    expect(await found('year')).toEqual(['c3'])
    expect(await found('harb')).toEqual(['c3'])
  })

  it('stays within what a filter may hold, with however many fields and words', async () => {
    await using store = await createDocstore({ network: 'off' })
    const wide = await store.namespaces.create({ name: 'wide' })
    const document = { _id: 'x', ...Object.fromEntries(Array.from({ length: 400 }, (_, i) => [`field${i}`, i % 2 === 0 ? 'text' : i])) }
    await wide.put(document)
    for (const text of [
      'text',
      '7',
      'a b c d e',
      'é'.repeat(200),
      Array.from({ length: 5 }, (_, i) => `${'x'.repeat(39)}${i}`).join(' '),
      '"(((((((((([[[[[[[["',
    ]) {
      await wide.find(search(text, [document])).toArray()
    }
    const { searched } = searchFilter({}, ['text'], searchFieldsOf([document]))
    expect(searched).toHaveLength(20)
    expect(searched[0]).toBe('_id')
  })

  it('is one of five at most, and not very long', () => {
    expect(parseQuickFilter('a b c d e f')).toMatchObject({ ok: false, message: expect.stringContaining('at most 5 words') })
    expect(parseQuickFilter('x'.repeat(201))).toMatchObject({ ok: false, message: expect.stringContaining('at most 200 characters') })
    expect(parseQuickFilter('"a b c d e f"')).toMatchObject({ ok: true, words: ['a b c d e f'] })
  })
})

it.each([
  [['a', 'b'], 'a.b'],
  [['a.b'], '"a.b"'],
  [['$a', ''], '"$a".""'],
  [['2020'], '"2020"'],
  [['größe', '-x'], 'größe.-x'],
])('the path to %j is %s', (names, path) => {
  expect(fieldPath(names)).toBe(path)
})
