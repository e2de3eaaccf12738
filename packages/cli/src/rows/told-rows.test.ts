import { contentId } from '@p2p-docstore/core'
import { expect, it } from 'vitest'
import { ToldRows } from './told-rows.ts'

it('tells ids apart, however many, and counts those that come again', () => {
  const told = new ToldRows()
  for (let i = 0; i < 20_000; i++) expect(told.tell(`id${i}`, false, i)).toBeUndefined()
  for (let i = 0; i < 20_000; i += 999) expect(told.tell(`id${i}`, false, 0)).toBe(i)
  const digest = contentId('x')
  expect([told.count(digest, true), told.count(digest, true), told.count(digest, true)]).toEqual([1, 2, 3])
})

it('says so where there are too many, rather than forget one', () => {
  const told = new ToldRows(2)
  told.count('a', false)
  told.count('b', false)
  expect(told.count('a', false)).toBe(2)
  expect(() => told.count('c', false)).toThrow(expect.objectContaining({ code: 'too-many-rows' }))
})
