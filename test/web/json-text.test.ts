import { describe, expect, it } from 'vitest'
import { parseDocumentText, templateText } from '../../apps/web/src/documents/json-text.ts'

describe('parseDocumentText', () => {
  it('gives the document', () => {
    expect(parseDocumentText('{"title":"a"}')).toEqual({ ok: true, document: { title: 'a' } })
  })

  it('names the line and column of a fault', () => {
    expect(parseDocumentText('{\n  "a": 1,\n  oops\n}')).toMatchObject({ ok: false, line: 3, column: 3 })
    expect(parseDocumentText('{\n  "a": 1')).toMatchObject({ ok: false, line: 2 })
  })

  it('refuses what it could not save as it stands there', () => {
    expect(parseDocumentText('{\n  "id": 9007199254740993}')).toMatchObject({
      ok: false,
      line: 2,
      column: 9,
      message: expect.stringContaining('cannot be kept'),
    })
    expect(parseDocumentText('{"a": 1, "a": 2}')).toMatchObject({ ok: false, line: 1, column: 10, message: 'the field "a" is here twice' })
  })

  it.each(['[]', 'null', '"text"', '{"_id":5}'])('refuses %s, which is no document', (text) => {
    expect(parseDocumentText(text).ok).toBe(false)
  })
})

describe('templateText', () => {
  it('has the fields of a neighbour, empty', () => {
    expect(JSON.parse(templateText({ _id: 'x', name: 'Paris', population: 5, tags: ['a'], mayor: { name: 'A' }, big: true, none: null }))).toEqual({
      name: '',
      population: 0,
      tags: [],
      mayor: {},
      big: false,
      none: null,
    })
  })
})
