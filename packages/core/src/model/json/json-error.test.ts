import { expect, it } from 'vitest'
import { findJsonError } from './json-error.ts'
import { fc } from '../../testing/fast-check.ts'

function isJson(text: string): boolean {
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}

it('finds an error exactly where JSON.parse does, and none before the place it names', () => {
  const damaged = fc
    .tuple(fc.jsonValue({ maxDepth: 3 }), fc.nat(), fc.nat(3), fc.constantFrom('', ',', '}', ']', '"', '\\', '\n', '0', '-', 'e', 'tru', '\u0001'))
    .map(([value, at, cut, put]) => {
      const text = JSON.stringify(value, null, at % 2)
      const place = at % (text.length + 1)
      return text.slice(0, place) + put + text.slice(place + cut)
    })
  fc.assert(
    fc.property(damaged, (text) => {
      const error = findJsonError(text)
      expect(error === undefined).toBe(isJson(text))
      if (error === undefined) return
      expect(error.offset).toBeLessThanOrEqual(text.length)
      // What lies before the place says nothing wrong yet: with other ends it could be JSON, so no earlier place is named for it.
      const before = findJsonError(text.slice(0, error.offset))
      if (before !== undefined) expect(before.offset).toBeGreaterThanOrEqual(error.offset - 'false'.length)
    }),
  )
})

it('names the place', () => {
  expect(findJsonError('{"a":1,}')).toEqual({ offset: 7, found: '"}"' })
  expect(findJsonError('')).toEqual({ offset: 0, found: 'the end of the text' })
  expect(findJsonError('[1] x')).toEqual({ offset: 4, found: '"x"' })
  expect(findJsonError('{"a":"b\nc"}')).toEqual({ offset: 7, found: 'the end of the line' })
  expect(findJsonError('[[[]]')).toEqual({ offset: 5, found: 'the end of the text' })
})
