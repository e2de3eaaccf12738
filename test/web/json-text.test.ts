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
