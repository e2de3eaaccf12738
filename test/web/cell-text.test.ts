import { describe, expect, it } from 'vitest'
import { cellText } from '../../apps/web/src/documents/table/cell-text.ts'
import { partsOf, withEscapes, withMarks } from '../../apps/web/src/ui/hidden-characters.ts'

describe('a cell', () => {
  it('says a moment as people do, with the whole value beside it, and takes no other text for one', () => {
    const { kind, text, whole } = cellText('2026-11-28T20:42:07.123Z')
    expect(kind).toBe('date')
    expect(text).toContain('2026')
    expect(text).not.toContain('T20')
    expect(whole).toBe('2026-11-28T20:42:07.123Z')
    for (const other of ['2026-11-28', '2026-13-45T20:42:00Z', 'on 2026-11-28T20:42:00Z', '2026-11-28T20:42:00'])
      expect(cellText(other).kind).toBe('text')
  })

  it('has what is plain in a list as it is, other things as JSON, and long ones shortened', () => {
    expect(cellText(['a', 'b', 3])).toEqual({ kind: 'data', text: 'a, b, 3', whole: '["a","b",3]' })
    expect(cellText(['a, b'])).toMatchObject({ text: '["a, b"]' })
    expect(cellText({ a: [1] })).toMatchObject({ kind: 'data', text: '{"a":[1]}' })
    expect(cellText(5)).toMatchObject({ kind: 'number', text: '5' })
    expect(cellText('x'.repeat(500)).text).toHaveLength(161)
    expect(cellText(undefined)).toEqual({ kind: 'nothing', text: '', whole: '' })
  })
})

describe('characters that are not seen', () => {
  const text = 'abc \u202eevil\u202c def'

  it('are marks in a text', () => {
    expect(partsOf(text)).toEqual([
      { text: 'abc ' },
      { mark: 'RLO', codePoint: 'U+202E' },
      { text: 'evil' },
      { mark: 'PDF', codePoint: 'U+202C' },
      { text: ' def' },
    ])
    expect(withMarks(text)).toBe('abc ⟦RLO⟧evil⟦PDF⟧ def')
    expect(withMarks('\u2067\u200b\u0085')).toBe('⟦RLI⟧⟦ZWSP⟧⟦U+0085⟧')
  })

  it('leave other texts as they are, emoji and Arabic among them', () => {
    for (const plain of ['', 'Zürich', 'مرحبا', '👩‍👩‍👧', 'a\nb\tc']) expect(partsOf(plain)).toEqual([{ text: plain }])
  })

  it('are escapes in JSON, which is the same value', () => {
    const json = withEscapes(JSON.stringify({ text }))
    expect(json).toBe('{"text":"abc \\u202eevil\\u202c def"}')
    expect(JSON.parse(json)).toEqual({ text })
  })
})
