import { isPlainObject } from '../model/content.ts'
import { MAX_SEARCH_LENGTH, MAX_SEARCH_TERMS } from './limits.ts'

/** What a `$text` looks for. Terms are as they were typed: words, or several in a row. */
export interface Search {
  /** One of these has to be there, where there are no phrases; else they only count for the score. */
  readonly words: readonly string[]
  /** All of these have to be there. */
  readonly phrases: readonly string[]
  /** None of these may be there. */
  readonly without: readonly string[]
}

/** A phrase in quotation marks, whose end may be missing, or what stands between spaces; a minus in front of either. */
const TERM = /-?"[^"]*"?|[^\s\p{Cc}"]+/gu

/** Options of MongoDB's `$text`, with the one value that we have. */
const FIXED: ReadonlyMap<string, unknown> = new Map<string, unknown>([
  ['$language', 'none'],
  ['$caseSensitive', false],
  ['$diacriticSensitive', false],
])

/** Reads what `$text` takes; gives what is wrong with it as the end of a sentence. */
export function parseSearch(input: unknown): Search | string {
  if (!isPlainObject(input) || typeof input['$search'] !== 'string') return '$text takes { $search: "words" }'
  const { $search: text, ...options } = input
  for (const [name, value] of Object.entries(options)) {
    if (!FIXED.has(name)) return `$text has no option ${JSON.stringify(name.slice(0, 80))}. There are $search, ${[...FIXED.keys()].join(', ')}`
    if (value !== FIXED.get(name))
      return `${name} of $text can only be ${JSON.stringify(FIXED.get(name))}: words are found whatever their case and accents, and as they are typed`
  }
  if (text.length > MAX_SEARCH_LENGTH) return `the $search is longer than ${MAX_SEARCH_LENGTH} characters`
  if (!text.isWellFormed()) return 'the $search has a lone surrogate'
  const terms = text.match(TERM) ?? []
  if (terms.length > MAX_SEARCH_TERMS) return `the $search has more than ${MAX_SEARCH_TERMS} words and phrases`
  const words: string[] = []
  const phrases: string[] = []
  const without: string[] = []
  for (const term of terms) {
    const isWithout = term.startsWith('-') && term.length > 1
    const positive = isWithout ? term.slice(1) : term
    const isPhrase = positive.startsWith('"')
    // A NUL would end the text for SQLite.
    const plain = positive.replace(/[\p{Cc}"]/gu, ' ').trim()
    if (plain === '') continue
    ;(isWithout ? without : isPhrase ? phrases : words).push(plain)
  }
  return { words, phrases, without }
}

/** The search in FTS5's syntax; `undefined` where it finds nothing: with nothing but what must not be there, as in MongoDB. */
export function matchExpression({ words, phrases, without }: Search): string | undefined {
  const wanted = phrases.length > 0 ? phrases.map(quoted).join(' AND ') : words.map(quoted).join(' OR ')
  if (wanted === '') return undefined
  return without.length === 0 ? wanted : `(${wanted}) NOT (${without.map(quoted).join(' OR ')})`
}

/** In quotation marks, FTS5 takes nothing for syntax but another one. */
function quoted(term: string): string {
  return `"${term.replaceAll('"', '""')}"`
}
