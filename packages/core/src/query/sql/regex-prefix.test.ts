import { describe, expect, it } from 'vitest'
import { compareText } from '../../model/compare-text.ts'
import { hasMatch, loadRegexEngine, regexFault } from '../regex.ts'
import { rangeOfRegex } from './regex-prefix.ts'
import { fc } from '../../testing/fast-check.ts'

await loadRegexEngine()

describe('the range of a regular expression', () => {
  it.each<[pattern: string, flags: string, low: string | undefined]>([
    ['^abc', '', 'abc'],
    ['^abc.*d', '', 'abc'],
    ['^abc$', 's', 'abc'],
    ['^abc*', '', 'ab'],
    ['^abc?', '', 'ab'],
    ['^abc{0,3}', '', 'ab'],
    ['^abc+d', '', 'abc'],
    ['^a\\.b\\/c', '', 'a.b/c'],
    ['^a\\d', '', 'a'],
    ['^a(?i)b', '', 'a'],
    ['^😀x', '', '😀x'],
    ['^a b', '', 'a b'],
    ['^a*', '', undefined],
    ['^', '', undefined],
    ['^.a', '', undefined],
    ['^(abc)', '', undefined],
    ['^a|b', '', undefined],
    ['(?i)^a', '', undefined],
    ['abc', '', undefined],
    ['^abc', 'i', undefined],
    ['^abc', 'm', undefined],
    ['^\\Qa.b\\E', '', undefined],
    ['^\u{10ffff}', '', undefined],
  ])('of /%s/%s begins with %s', (pattern, flags, low) => {
    expect(rangeOfRegex({ pattern, flags })?.low).toBe(low)
  })

  it('holds every text that matches', () => {
    const pieces = [
      'a',
      'b',
      '\\.',
      '.',
      '?',
      '*',
      '+',
      '{0}',
      '{2}',
      '(a)',
      '[ab]',
      '\\d',
      '\\b',
      '^',
      '$',
      '\ud7ff',
      '\u{10ffff}',
      '😀',
      '\\^',
      '\\\\',
    ]
    const text = fc.string({ unit: fc.constantFrom('a', 'b', '.', '1', '^', '\\', '\n', '\ud7ff', '\ue000', '\u{10ffff}', '😀'), maxLength: 6 })
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...pieces), { maxLength: 5 }), fc.array(text, { maxLength: 20 }), (parts, texts) => {
        const regex = { pattern: `^${parts.join('')}`, flags: '' }
        const range = regexFault(regex) === undefined ? rangeOfRegex(regex) : undefined
        if (range === undefined) return
        for (const one of [...texts, ...texts.map((more) => range.low + more)])
          if (hasMatch(regex, one))
            expect(compareText(range.low, one) <= 0 && compareText(one, range.high) < 0, JSON.stringify([regex, one])).toBe(true)
      }),
      { numRuns: 2000 },
    )
  })
})
