import { describe, expect, it } from 'vitest'
import { DocstoreError } from '../../errors.ts'
import { toHex } from '../../model/bytes.ts'
import { isWordAt, placesToCheck, seedOfWords, wordsOfSeed } from './words.ts'
import { fc } from '../../testing/fast-check.ts'

const seeds = fc.uint8Array({ minLength: 32, maxLength: 32 })
const SEED = Uint8Array.from({ length: 32 }, (_, index) => index * 7)

function faultOf(work: () => unknown): DocstoreError {
  try {
    work()
  } catch (error) {
    if (error instanceof DocstoreError) return error
  }
  throw new Error('it was taken')
}

describe('recovery words', () => {
  it('are those of BIP-39: test vectors of its authors', () => {
    const vectors = [
      ['00'.repeat(32), `${'abandon '.repeat(23)}art`],
      [
        '7f'.repeat(32),
        'legal winner thank year wave sausage worth useful legal winner thank year wave sausage worth useful legal winner thank year wave sausage worth title',
      ],
      ['ff'.repeat(32), `${'zoo '.repeat(23)}vote`],
      [
        '68a79eaca2324873eacc50cb9c6eca8cc68ea5d936f98787c60c7ebc74e6ce7c',
        'hamster diagram private dutch cause delay private meat slide toddler razor book happy fancy gospel tennis maple dilemma loan word shrug inflict delay length',
      ],
    ] as const
    for (const [hex, text] of vectors) {
      expect(wordsOfSeed(Uint8Array.from(Buffer.from(hex, 'hex'))).join(' ')).toBe(text)
      expect(toHex(seedOfWords(text))).toBe(hex)
    }
  })

  it('give the seed back, however they are typed', () => {
    const between = fc.constantFrom(' ', '  ', '\n', '\t', ', ', ' \u00a0', '\u3000', ' 7. ')
    fc.assert(
      fc.property(seeds, fc.array(fc.tuple(between, fc.boolean()), { minLength: 24, maxLength: 24 }), (seed, forms) => {
        const typed = wordsOfSeed(seed).map((word, index) => `${forms[index]?.[0]}${forms[index]?.[1] ? word.toUpperCase() : word}`)
        expect(seedOfWords(typed.join(''))).toEqual(seed)
      }),
    )
  })

  it('name a word that is none by its place, with the one that was meant', () => {
    const words = wordsOfSeed(SEED)
    for (const place of [1, 12, 24]) {
      const word = words[place - 1] ?? ''
      for (const typed of [`${word}x`, word.slice(1), `${word[1]}${word[0]}${word.slice(2)}`]) {
        if (words.includes(typed)) continue
        const { code, message, details } = faultOf(() => seedOfWords(words.with(place - 1, typed).join(' ')))
        expect(code).toBe('bad-words')
        expect(message).toContain(`Word ${place}, "${typed}"`)
        expect(details['faults']).toEqual([{ place, word: typed, nearest: expect.arrayContaining([word]) }])
      }
    }
  })

  it('say that the checksum is wrong, and which word may be another one', () => {
    const words = wordsOfSeed(new Uint8Array(32))
    // "abandon" has no near neighbour; of these two, one letter is another one.
    const near = words.with(23, 'arm')
    const fault = faultOf(() => seedOfWords(near.join(' ')))
    expect(fault.code).toBe('bad-words')
    expect(fault.message).toContain('checksum')
    expect(fault.details['faults']).toContainEqual({ place: 24, word: 'arm', nearest: expect.arrayContaining(['art']) })
  })

  it('notice two words that changed places', () => {
    const words = wordsOfSeed(SEED)
    const swapped = words.with(4, words[5] ?? '').with(5, words[4] ?? '')
    expect(faultOf(() => seedOfWords(swapped.join(' '))).details['swapped']).toContain(5)
  })

  it('are 24', () => {
    const words = wordsOfSeed(SEED)
    for (const some of [[], words.slice(1), [...words, 'zoo'], words.slice(0, 12)])
      expect(faultOf(() => seedOfWords(some.join(' '))).message).toContain(`these are ${some.length}`)
    expect(faultOf(() => seedOfWords('abandon '.repeat(1000))).code).toBe('bad-words')
    expect(() => wordsOfSeed(new Uint8Array(16))).toThrow(TypeError)
  })

  it('are asked for at three different places, and forgiving of case', () => {
    const words = wordsOfSeed(SEED)
    for (let i = 0; i < 100; i++) {
      const places = placesToCheck()
      expect(new Set(places).size).toBe(3)
      for (const place of places) {
        expect(isWordAt(words, place, ` ${words[place - 1]?.toUpperCase()}\n`)).toBe(true)
        expect(isWordAt(words, place, `${words[place - 1]} ${words[place]}`)).toBe(false)
        expect(isWordAt(words, place, '')).toBe(false)
      }
    }
    expect(isWordAt(words, 25, 'zoo')).toBe(false)
  })
})
