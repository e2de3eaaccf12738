import type { Document } from '../model/content.ts'
import { pathOf } from './path.ts'
import { valuesAt } from './reach.ts'
import type { Search } from './search.ts'

/** How quickly further occurrences of a word count less, and how much the length of a text counts: the usual constants of BM25. */
const SATURATION = 1.2
const LENGTH_SHARE = 0.75
/** A text of so many words is neither long nor short. */
const USUAL_LENGTH = 100

const WORD = /[\p{L}\p{N}\p{Co}]+/gu

/** The texts of a document at the paths of a text index, those in arrays one by one. A text index that was made with another answer has to be made anew. */
export function textsOf(document: Document, paths: readonly string[]): string[] {
  return paths.flatMap((path) => valuesAt(document, pathOf(path))).filter((value) => typeof value === 'string')
}

/**
 * How well a document answers a search, from 0: more for each term that it has, and for having it often in a short text (BM25 without
 * what it takes from other documents, so that the score of one that stays as it is stays too, and pages in its order fit together).
 */
export function textScore(search: Search, texts: readonly string[]): number {
  const terms = termsOf(search)
  const counts = new Map<readonly string[], number>()
  let length = 0
  for (const text of texts) {
    const words = wordsOf(text)
    length += words.length
    words.forEach((word, at) => {
      for (const term of terms.get(word) ?? []) {
        if (term.every((one, i) => words[at + i] === one)) counts.set(term, (counts.get(term) ?? 0) + 1)
      }
    })
  }
  const weight = SATURATION * (1 - LENGTH_SHARE + (LENGTH_SHARE * length) / USUAL_LENGTH)
  let score = 0
  for (const count of counts.values()) score += (count * (SATURATION + 1)) / (count + weight)
  return score
}

/** Most texts, which need none of the slow steps. */
const ASCII = /^[\p{ASCII}]*$/u

/** The words of a text as SQLite's tokenizer unicode61 finds them, but for scripts that are newer than it. */
export function wordsOf(text: string): string[] {
  if (ASCII.test(text)) return text.toLowerCase().match(/[a-z0-9]+/g) ?? []
  return (
    text
      .normalize('NFD')
      .replace(/\p{Mn}/gu, '')
      .toLowerCase()
      .match(WORD) ?? []
  )
}

/** Whether texts have what a search wants, as FTS5 finds it: one of its words, or all of its phrases, and nothing that must not be there. */
export function hasTerms({ words, phrases, without }: Search, texts: readonly string[]): boolean {
  const all = texts.map(wordsOf)
  const has = (term: string): boolean => {
    const wanted = wordsOf(term)
    return wanted.length > 0 && all.some((found) => found.some((_, at) => wanted.every((one, i) => found[at + i] === one)))
  }
  return (phrases.length > 0 ? phrases.every(has) : words.some(has)) && !without.some(has)
}

/** Words of which every text that has what a search wants has one. */
export function leadingWords({ words, phrases }: Search): string[] {
  const terms = phrases.length > 0 ? phrases.slice(0, 1) : words
  return terms.flatMap((term) => wordsOf(term).slice(0, 1))
}

const known = new WeakMap<Search, ReadonlyMap<string, readonly (readonly string[])[]>>()

/** The terms that count, each once, by their first word. */
function termsOf(search: Search): ReadonlyMap<string, readonly (readonly string[])[]> {
  const found = known.get(search)
  if (found !== undefined) return found
  const distinct = new Map([...search.words, ...search.phrases].map((term) => [wordsOf(term).join(' '), wordsOf(term)]))
  const terms = Map.groupBy(distinct.values(), ([first = '']) => first)
  known.set(search, terms)
  return terms
}
