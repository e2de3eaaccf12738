import { entropyToMnemonic, mnemonicToEntropy } from '@scure/bip39'
import { wordlist } from '@scure/bip39/wordlists/english.js'
import { DocstoreError } from '../../errors.ts'
import { type Random, secureRandom } from '../../model/keys/random.ts'
import { isNear, nearestWords } from './near-words.ts'

/** Words of a recovery key: 32 bytes and 8 bits of checksum, 11 bits each (BIP-39). */
export const WORD_COUNT = 24
/** Bytes of a recovery seed. */
const SEED_BYTES = 32
/** Longest text that is read as words, characters: more than twice the longest words. */
const MAX_TEXT_LENGTH = 1000
/** Words that are asked for again once they were written down. */
const CHECKED_WORDS = 3

const WORDS: ReadonlySet<string> = new Set(wordlist)

/** A word that is none, or may be the wrong one; and what may have been meant. */
export interface WordFault {
  /** From 1 on, as people count. */
  readonly place: number
  readonly word: string
  readonly nearest: readonly string[]
}

/** The 24 English words (BIP-39) of a recovery seed. Throws `TypeError` where the seed has not 32 bytes. */
export function wordsOfSeed(seed: Uint8Array): readonly string[] {
  if (seed.length !== SEED_BYTES) throw new TypeError(`a recovery seed has ${SEED_BYTES} bytes`)
  return entropyToMnemonic(seed, wordlist).split(' ')
}

/**
 * The recovery seed of words as somebody typed them: case, white space, numbers and signs between them do not matter. Throws `bad-words`; `details.faults`
 * names each wrong word by its place, with the nearest words.
 */
export function seedOfWords(text: string): Uint8Array {
  if (text.length > MAX_TEXT_LENGTH) throw badWords(`That is too long for ${WORD_COUNT} words. Give the words alone`)
  const words = readWords(text)
  const faults = words.flatMap((word, index): WordFault[] => (WORDS.has(word) ? [] : [fault(words, index)]))
  if (faults.length > 0) throw badWords(faults.slice(0, WORD_COUNT).map(faultText).join('. '), faults)
  if (words.length !== WORD_COUNT)
    throw badWords(`A recovery key has ${WORD_COUNT} words, and ${words.length === 1 ? 'this is one' : `these are ${words.length}`}`)
  try {
    return Uint8Array.from(mnemonicToEntropy(words.join(' '), wordlist))
  } catch {
    throw wrongChecksum(words)
  }
}

/** Places, from 1 on, of the three words to ask for, so that somebody who wrote nothing down notices. */
export function placesToCheck(random: Random = secureRandom): readonly number[] {
  const places = Array.from({ length: WORD_COUNT }, (_, index) => index + 1)
  const chosen = Array.from({ length: CHECKED_WORDS }, () => places.splice(Math.floor(random.next() * places.length), 1)[0] ?? 1)
  return chosen.toSorted((one, other) => one - other)
}

/** Whether the word at a place is the one that was typed, in whatever case. */
export function isWordAt(words: readonly string[], place: number, typed: string): boolean {
  const [word, ...more] = readWords(typed)
  return word !== undefined && more.length === 0 && words[place - 1] === word
}

/** Every run of letters. Lists are numbered, and keyboards of phones begin with a capital. */
function readWords(text: string): readonly string[] {
  return (
    text
      .normalize('NFKD')
      .toLowerCase()
      .match(/\p{L}+/gu) ?? []
  )
}

function fault(words: readonly string[], index: number): WordFault {
  const word = words[index] ?? ''
  return { place: index + 1, word, nearest: nearestWords(word, wordlist) }
}

function faultText({ place, word, nearest }: WordFault): string {
  const meant = nearest.length === 0 ? '' : `; did you mean ${nearest.join(' or ')}?`
  return `Word ${place}, ${JSON.stringify(word.slice(0, 40))}, is none of the English word list${meant}`
}

/** All words are in the list, but together they are no key: names those that would make one where one word is another, or two neighbours changed places. */
function wrongChecksum(words: readonly string[]): DocstoreError {
  const faults = words.flatMap((word, index): WordFault[] => {
    const nearest = wordlist.filter((other) => isNear(word, other) && isKey(words.with(index, other)))
    return nearest.length === 0 ? [] : [{ place: index + 1, word, nearest }]
  })
  const swapped = words.flatMap((word, index) => {
    const next = words[index + 1]
    return next !== undefined && next !== word && isKey(words.with(index, next).with(index + 1, word)) ? [index + 1] : []
  })
  const guesses = [
    ...faults.map(({ place, word, nearest }) => `word ${place} ${nearest.join(' or ')} and not ${word}`),
    ...swapped.map((place) => `words ${place} and ${place + 1} the other way round`),
  ]
  const guess = guesses.length === 0 ? 'Compare each with what you wrote down' : `Perhaps is ${guesses.join(', or ')}`
  return badWords(`The checksum is wrong: one word is another one, or the order is. ${guess}`, faults, { checksum: true, swapped })
}

function isKey(words: readonly string[]): boolean {
  try {
    mnemonicToEntropy(words.join(' '), wordlist)
    return true
  } catch {
    return false
  }
}

function badWords(message: string, faults: readonly WordFault[] = [], more: Readonly<Record<string, unknown>> = {}): DocstoreError {
  return new DocstoreError('bad-words', message, { details: { faults, ...more } })
}
