import type { Document, FilterInput } from 'p2p-docstore'
import { fieldPath } from './field-path.ts'
import { numberOf } from './quick-filter.ts'

/** Where words are looked for: paths of the fields that have texts in them, and of those that have numbers, the commonest first. */
export interface SearchFields {
  readonly texts: readonly string[]
  readonly numbers: readonly string[]
}

/** What the library lets into one filter: regular expressions, the steps that they compile to all together, and characters of each. */
const MAX_REGEXES = 20
const MAX_STEPS = 500
const MAX_REGEX_LENGTH = 1000
const MAX_NUMBER_FIELDS = 20
/** Steps of a regular expression besides one for each of its characters, at most. */
const REGEX_STEPS = 8
/** Longest path that a filter takes. */
const MAX_PATH_LENGTH = 256

/** Levels of a document, and values of it, that are looked at for fields. */
const MAX_DEPTH = 4
const MAX_VALUES = 500

/** The fields of these documents, through lists and what they have inside. */
export function searchFieldsOf(documents: readonly Document[]): SearchFields {
  const uses = { texts: new Map<string, number>(), numbers: new Map<string, number>() }
  for (const document of documents) {
    const found = { texts: new Set<string>(), numbers: new Set<string>() }
    let values = 0
    const look = (value: unknown, names: readonly string[]): void => {
      if (++values > MAX_VALUES || names.length > MAX_DEPTH) return
      if (typeof value === 'string') found.texts.add(fieldPath(names))
      else if (typeof value === 'number') found.numbers.add(fieldPath(names))
      // A path leads through lists without naming places.
      else if (Array.isArray(value)) for (const item of value) look(item, names)
      else if (typeof value === 'object' && value !== null) for (const [name, field] of Object.entries(value)) look(field, [...names, name])
    }
    for (const [name, value] of Object.entries(document)) if (name !== '_id') look(value, [name])
    for (const kind of ['texts', 'numbers'] as const) for (const path of found[kind]) uses[kind].set(path, (uses[kind].get(path) ?? 0) + 1)
  }
  return { texts: commonest(uses.texts), numbers: commonest(uses.numbers) }
}

function commonest(uses: ReadonlyMap<string, number>): readonly string[] {
  const paths = [...uses].filter(([path]) => path.length <= MAX_PATH_LENGTH)
  return paths.toSorted(([, a], [, b]) => b - a).map(([path]) => path)
}

/** A filter for documents that have each of these words somewhere in these fields, and which of the fields with texts there was room for. */
export function searchFilter(
  conditions: FilterInput,
  words: readonly string[],
  { texts, numbers }: SearchFields,
): { readonly filter: FilterInput; readonly searched: readonly string[] } {
  const patterns = words.map(patternOf)
  const steps = patterns.reduce((sum, { length }) => sum + length + REGEX_STEPS, 0)
  const room = Math.min(Math.floor(MAX_REGEXES / words.length), Math.floor(MAX_STEPS / steps))
  // Where there is room for two, what people read goes before what programs do.
  const searched = (room > 2 ? ['_id', ...texts] : [...texts, '_id']).slice(0, Math.max(1, room))
  const filters = patterns.map(({ pattern }, i): FilterInput => {
    const number = numberOf(words[i] ?? '')
    return {
      $or: [
        ...searched.map((path) => ({ [path]: { $regex: pattern, $options: 'i' } })),
        ...(number === undefined ? [] : numbers.slice(0, MAX_NUMBER_FIELDS).map((path) => ({ [path]: number }))),
      ],
    }
  })
  const given =
    Object.keys(conditions).length === 0 ? [] : '$and' in conditions && Array.isArray(conditions['$and']) ? conditions['$and'] : [conditions]
  return { filter: { $and: [...given, ...filters] }, searched }
}

/** A regular expression for a text, whatever its case and, unless it is very long, its accents; and how many characters it stands for. */
function patternOf(word: string): { readonly pattern: string; readonly length: number } {
  // Code points, which are what patterns are made of.
  const characters = Array.from(word.normalize('NFC'))
  const exact = characters.map((character) => character.replace(/[\\^$.*+?()[\]{}|]/, '\\$&'))
  const folded = characters.map((character, i) => {
    const letter = plainLetter(character)
    const others = ACCENTED.get(letter)
    return others === undefined ? exact[i] : `[${letter}${others}]`
  })
  const pattern = folded.join('')
  return { pattern: pattern.length > MAX_REGEX_LENGTH ? exact.join('') : pattern, length: characters.length }
}

/** The letter without its accents, small. */
function plainLetter(character: string): string {
  return (character.normalize('NFD')[0] ?? character).toLowerCase()
}

/** Small letters with accents, by the letter below: of the blocks Latin-1 Supplement, Latin Extended-A and -B. */
const ACCENTED: ReadonlyMap<string, string> = accentedLetters(0xc0, 0x24f)

function accentedLetters(from: number, to: number): ReadonlyMap<string, string> {
  const found = new Map<string, string>()
  for (let code = from; code <= to; code++) {
    const character = String.fromCharCode(code)
    const letter = plainLetter(character)
    if (letter !== character.toLowerCase() && character === character.toLowerCase()) found.set(letter, (found.get(letter) ?? '') + character)
  }
  return found
}
