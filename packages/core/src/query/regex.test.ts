import { RE2JS } from 're2js'
import { expect, it } from 'vitest'
import { hasMatch, loadRegexEngine } from './regex.ts'
import { fc } from '../testing/fast-check.ts'

await loadRegexEngine()

it('matches what RE2 matches, whichever of two engines looks for it', () => {
  const pieces = [
    'a',
    'B',
    'é',
    'ß',
    'ſ',
    'K',
    'Σ',
    '😀',
    ' ',
    '-',
    '/',
    '\\.',
    '\\[',
    '\\|',
    '[ab]',
    '[eéÈ]',
    '[a-c]',
    '[^a]',
    '.',
    'a{2}',
    'b?',
    '^',
    '$',
    '\\d',
  ]
  const letters = ['a', 'A', 'b', 'B', 'c', 'e', 'É', 'ẞ', 's', 'k', 'σ', 'ς', '😀', '😁', ' ', '-', '/', '.', '[', '|', '\n', '5']
  const cases = fc.record({
    pattern: fc.array(fc.constantFrom(...pieces), { minLength: 1, maxLength: 4 }).map((parts) => parts.join('')),
    flags: fc.constantFrom('', 'i', 'm', 'is'),
    text: fc.array(fc.constantFrom(...letters), { maxLength: 8 }).map((parts) => parts.join('')),
  })
  fc.assert(
    fc.property(cases, ({ pattern, flags, text }) => {
      const bits = [
        ['i', RE2JS.CASE_INSENSITIVE],
        ['m', RE2JS.MULTILINE],
        ['s', RE2JS.DOTALL],
      ] as const
      const re2 = RE2JS.compile(
        pattern,
        bits.reduce((all, [flag, bit]) => (flags.includes(flag) ? all | bit : all), 0),
      )
      expect(hasMatch({ pattern, flags }, text)).toBe(re2.test(text))
    }),
    { numRuns: 3000 },
  )
})
