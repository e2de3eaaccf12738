import { describe, expect, it } from 'vitest'
import { fieldChanges } from '../../apps/web/src/documents/field-changes.ts'

const before = { _id: 'a', title: 'A', tags: ['x'], address: { city: 'Oslo', zip: '1' }, odd: { 'a.b': 1 } }

describe('what was edited in a document', () => {
  it('is the fields that differ, those of objects within it one by one, arrays whole', () => {
    const after = { _id: 'a', tags: ['x', 'y'], address: { city: 'Lyon', zip: '1', lines: { first: 1 } }, odd: { 'a.b': 1 }, size: 0 }
    expect(fieldChanges(before, after)).toEqual({
      $set: { tags: ['x', 'y'], 'address.city': 'Lyon', 'address.lines': { first: 1 }, size: 0 },
      $unset: { title: true },
    })
    expect(fieldChanges(before, { ...before, address: 'none' })).toEqual({ $set: { address: 'none' } })
    expect(fieldChanges(before, { ...before, address: {} })).toEqual({ $unset: { 'address.city': true, 'address.zip': true } })
  })

  it('is nothing where only the order is another', () => {
    expect(fieldChanges(before, { ...before, address: { zip: '1', city: 'Oslo' } })).toEqual({})
  })

  it('has to be written whole where a path cannot name it', () => {
    for (const name of ['a.b', '$set', '"a"', ''])
      for (const after of [
        { ...before, [name]: 1 },
        { ...before, address: { ...before.address, [name]: 1 } },
      ])
        expect(fieldChanges(before, after)).toBeUndefined()
    expect(fieldChanges(before, { ...before, odd: { 'a.b': 2 } })).toBeUndefined()
    expect(fieldChanges(before, { ...before, title: 'B' })).toEqual({ $set: { title: 'B' } })
  })
})
