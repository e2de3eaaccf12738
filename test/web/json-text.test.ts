import { describe, expect, it } from 'vitest'
import { documentText, parseDocumentText, templateText } from '../../apps/web/src/documents/editor/json-text.ts'

describe('parseDocumentText', () => {
  it('gives the document', () => {
    expect(parseDocumentText('{"title":"a"}')).toEqual({ ok: true, document: { title: 'a' } })
  })

  it('names the line and column of a fault', () => {
    expect(parseDocumentText('{\n  "a": 1,\n  oops\n}')).toMatchObject({ ok: false, line: 3, column: 3 })
    expect(parseDocumentText('{\n  "a": 1')).toMatchObject({ ok: false, line: 2 })
  })

  it.each([
    ['a text without quotation marks', '{\n  "a": 1,\n  "b": Paris\n}', 3, 8, '"Paris" does not belong there'],
    ['half a word', '{\n  "a": tru\n}', 2, 8, '"tru" does not belong there'],
    ['a word of another language', '{ "a": None }', 1, 8, '"None" does not belong there'],
    ['a name without quotation marks', '{\n  name: "x"\n}', 2, 3, '"name" does not belong there'],
    ['single quotation marks', "{ 'a': 1 }", 1, 3, `"'" does not belong there`],
    ['a comma too many', '{\n  "a": 1,\n}', 3, 1, '"}" does not belong there'],
    ['a comma too few', '{\n  "a": 1\n  "b": 2\n}', 3, 3, '"\\"" does not belong there'],
    ['a text that does not end', '{\n  "a": "x\n}', 2, 10, 'the end of the line does not belong there'],
    ['a document that does not end', '{\n  "a": [1, 2', 2, 13, 'the end of the text does not belong there'],
  ])('says where the fault is and no more, the same in every browser: %s', (_slip, text, line, column, message) => {
    expect(parseDocumentText(text)).toEqual({ ok: false, line, column, message })
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

describe('documentText', () => {
  it('shows characters that are not seen, and reads them again', () => {
    const document = { _id: 'x', text: 'abc \u202eevil\u202c' }
    expect(documentText(document)).toContain('abc \\u202eevil\\u202c')
    expect(parseDocumentText(documentText(document))).toEqual({ ok: true, document })
  })
})

describe('templateText', () => {
  it('has the fields of the others, empty, what names a document first', () => {
    const other = { _id: 'x', big: true, mayor: { name: 'A' }, name: 'Paris', none: null, population: 5, tags: ['a'] }
    expect(templateText([other])).toBe(JSON.stringify({ name: '', big: false, mayor: {}, none: null, population: 0, tags: [] }, undefined, 2))
  })

  it('leaves out what few of them have, and begins with a title where they have nothing in common', () => {
    const usual = { _id: 'a', title: 'Trip', done: false }
    const odd = { _id: 'b', age: 5, title: 'x' }
    expect(JSON.parse(templateText([odd, usual, usual]))).toEqual({ title: '', done: false })
    expect(JSON.parse(templateText([odd, { _id: 'c', n: 1 }]))).toEqual({ title: '' })
    expect(JSON.parse(templateText([]))).toEqual({ title: '' })
  })
})
