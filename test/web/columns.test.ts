import { describe, expect, it } from 'vitest'
import { columnsOf, restOf } from '../../apps/web/src/documents/table/columns.ts'

function documents(count: number, fields: object): { _id: string }[] {
  return Array.from({ length: count }, (_, i) => ({ _id: `d${i}`, ...fields }))
}

describe('columns', () => {
  it('are the commonest fields of the documents on the screen, what names them first', () => {
    const places = documents(5, { area: 1, country: 'FR', name: 'Lyon' })
    const others = documents(3, { area: 1, title: 'Trip' })
    expect(columnsOf([...places, ...others], [])).toEqual(['name', 'title', 'area', 'country'])
    expect(columnsOf(others, ['name', 'title', 'area', 'country'])).toEqual(['title', 'area'])
  })

  it('leave the fields of a document of another shape to the last one, so that no row is empty', () => {
    const odd = { _id: 'odd', deep: { a: [1] }, other: true }
    const all = [...documents(20, { name: 'Lyon' }), odd]
    const columns = columnsOf(all, [])
    expect(columns).toEqual(['name'])
    expect(restOf(odd, columns)).toEqual({ deep: { a: [1] }, other: true })
    expect(restOf({ _id: 'x', name: 'Lyon' }, columns)).toBeUndefined()
    expect(columnsOf([odd], columns)).toEqual(['deep', 'other'])
  })

  it('are six at most, keep their order while documents change, and stay where there are none', () => {
    const fields = Object.fromEntries(Array.from('abcdefgh', (field) => [field, 1]))
    const shown = columnsOf(documents(3, fields), [])
    expect(shown).toEqual(['a', 'b', 'c', 'd', 'e', 'f'])
    const later = columnsOf([...documents(3, fields), { _id: 'x', f: 1, c: 2 }], shown)
    expect(later).toEqual(['a', 'b', 'c', 'd', 'e', 'f'].filter((field) => later.includes(field)))
    expect(columnsOf(documents(3, fields), shown)).toBe(shown)
    expect(columnsOf([], shown)).toBe(shown)
  })

  it('have the one that is sorted by among them, whose head ends the order', () => {
    const fields = Object.fromEntries(Array.from('abcdefgh', (field) => [field, 1]))
    expect(columnsOf(documents(3, fields), [], 'h')).toEqual(['a', 'b', 'c', 'd', 'e', 'h'])
    expect(columnsOf(documents(3, { a: 1, b: 1 }), [], 'b')).toEqual(['a', 'b'])
    expect(columnsOf(documents(3, fields), [], 'nowhere')).toContain('nowhere')
    expect(columnsOf(documents(3, fields), [], '_id')).not.toContain('_id')
  })
})
