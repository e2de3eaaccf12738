import { describe, expect, it } from 'vitest'
import { indexFieldsOf, parseQuickFilter } from '../../apps/web/src/documents/filter/quick-filter.ts'

function filterOf(text: string): unknown {
  const parsed = parseQuickFilter(text)
  return parsed.ok ? parsed.filter : parsed.message
}

describe('parseQuickFilter', () => {
  it('matches everything where nothing is typed', () => {
    expect(filterOf('  ')).toEqual({})
  })

  it('reads conditions with and without spaces', () => {
    expect(filterOf('country=FR')).toEqual({ country: 'FR' })
    expect(filterOf('country = FR  population > 1000000')).toEqual({ $and: [{ country: 'FR' }, { population: { $gt: 1_000_000 } }] })
    expect(filterOf('a.b>=1.5')).toEqual({ 'a.b': { $gte: 1.5 } })
    expect(filterOf('größe<-2')).toEqual({ größe: { $lt: -2 } })
  })

  it('takes a bare number for itself and for the text of it, because people do not see the difference', () => {
    expect(filterOf('admin1=02')).toEqual({ admin1: { $in: [2, '02'] } })
    expect(filterOf('done!=true')).toEqual({ done: { $nin: [true, 'true'] } })
    expect(filterOf('admin1="02"')).toEqual({ admin1: '02' })
    // Not for a number that would become another one.
    expect(filterOf('id=1523456789012345678')).toEqual({ id: '1523456789012345678' })
    expect(filterOf('{"id":1523456789012345678}')).toContain('cannot be kept with all its digits')
  })

  it('reads quoted values with spaces and escapes', () => {
    expect(filterOf(`name="New York" note='it is'`)).toEqual({ $and: [{ name: 'New York' }, { note: 'it is' }] })
    expect(filterOf(String.raw`name="a \"b\" \\"`)).toEqual({ name: String.raw`a "b" \ `.trim() })
  })

  it('finds beginnings and existing fields with a star', () => {
    expect(filterOf('name=Par*')).toEqual({ name: { $gte: 'Par', $lt: 'Par\u{10FFFF}' } })
    expect(filterOf('name=*')).toEqual({ name: { $exists: true } })
  })

  it('reads JSON', () => {
    expect(filterOf('{"country":"FR","population":{"$gt":5}}')).toEqual({ country: 'FR', population: { $gt: 5 } })
  })

  it.each(['country=', '=FR', 'country=FR and=', '{"country":', '{"a":1} x', 'name="open', '"open'])('says what is wrong with %s', (text) => {
    expect(parseQuickFilter(text)).toMatchObject({ ok: false, message: expect.stringMatching(/condition|JSON/) })
  })
})

describe('words', () => {
  it('are what is no condition', () => {
    expect(parseQuickFilter('lyon')).toEqual({ ok: true, filter: {}, words: ['lyon'] })
    expect(parseQuickFilter(`  rhône country = FR "New York" 'it is' it's`)).toEqual({
      ok: true,
      filter: { country: 'FR' },
      words: ['rhône', 'New York', 'it is', "it's"],
    })
  })
})

describe('what is wrong with JSON', () => {
  it('is said in our words, with the place, as on the command line', () => {
    expect(filterOf('{"a":}')).toBe(
      'Not JSON at line 1, column 6: "}" does not belong there. A filter is JSON, such as {"country":"FR"}, or words and conditions.',
    )
  })
})

describe('indexFieldsOf', () => {
  it('puts exact fields first, then the one to sort by', () => {
    expect(indexFieldsOf({ country: 'FR' }, 'name')).toEqual(['country', 'name'])
    expect(indexFieldsOf({ $and: [{ population: { $gt: 5 } }, { country: { $in: ['FR', 'DE'] } }] }, undefined)).toEqual(['country'])
    expect(indexFieldsOf({ population: { $gt: 5 } }, undefined)).toEqual(['population'])
    expect(indexFieldsOf({ population: { $gt: 5 } }, 'name')).toEqual(['name'])
    expect(indexFieldsOf({}, '_id')).toEqual([])
  })
})
