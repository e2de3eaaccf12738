import type { ErrorCode } from '../../error-codes.ts'
import { DocstoreError, errorMessage } from '../../errors.ts'
import { findJsonError } from './json-error.ts'
import { isHeld, printsAlike } from './json-number.ts'

/** Where in a text something stands, both from 1. */
export interface JsonPlace {
  readonly line: number
  readonly column: number
}

/** A number that a double does not print again with the same digits: whoever uses the value decides what becomes of it. */
export class LongNumber {
  /** As it stands in the text. */
  readonly source: string
  readonly place: JsonPlace

  constructor(source: string, place: JsonPlace) {
    this.source = source
    this.place = place
  }
}

/** What stands for a value that JSON allows and no document can carry without a loss: an object that names a field twice, half a character. */
export class JsonFault {
  readonly error: DocstoreError

  constructor(error: DocstoreError) {
    this.error = error
  }
}

/** JSON as it was written. */
export interface ReadJson {
  readonly value: unknown
  /** Whether `LongNumber`s or `JsonFault`s are in it. */
  readonly isMarked: boolean
}

/** What becomes of numbers that a double does not hold: an error, or their digits as text. */
export type LongNumbers = 'refuse' | 'text'

/**
 * Deepest nesting of a text. Documents end at 64 levels; envelopes around them add a few. Deeper ones would overflow the stack.
 */
const MAX_DEPTH = 256

/** Longest number that has at most 15 digits, which every double holds: with a sign and a point. */
const MAX_SAFE_NUMBER_LENGTH = 15

/**
 * Reads JSON from people: what `JSON.parse` would change or drop without a word is an error that names the line. Throws `bad-json`,
 * `inexact-number` or `duplicate-key`; `firstLine` is the number of the text's first line.
 */
export function parseJson(text: string, options: { firstLine?: number; longNumbers?: LongNumbers } = {}): unknown {
  const { value, isMarked } = readJson(text, options)
  return isMarked ? withoutMarks(value, options.longNumbers) : value
}

/** Reads JSON, and leaves to the caller what to do with numbers that lose digits and with faults. Throws `bad-json` for what is no JSON. */
export function readJson(given: string, { firstLine = 1, firstColumn = 1 }: { firstLine?: number; firstColumn?: number } = {}): ReadJson {
  const text = given.startsWith('\ufeff') ? given.slice(1) : given
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (cause) {
    throw notJson(text, { line: firstLine, column: firstColumn }, cause)
  }
  const { isDoubtful, keys } = survey(text, firstLine)
  // Fewer keys in the value than in the text: one was there twice.
  if (!isDoubtful && keys === countKeys(value)) return { value, isMarked: false }
  return new MarkingReader(text, { line: firstLine, column: firstColumn }).read()
}

/** The plain value of what `readJson` gave. Throws `inexact-number`, unless such numbers are wanted as text, and what the faults say. */
function withoutMarks(value: unknown, longNumbers: LongNumbers = 'refuse'): unknown {
  if (typeof value !== 'object' || value === null) return value
  if (value instanceof LongNumber) return plainNumber(value, longNumbers)
  if (value instanceof JsonFault) throw value.error
  if (Array.isArray(value)) return value.map((item) => withoutMarks(item, longNumbers))
  const plain: Record<string, unknown> = {}
  for (const [key, field] of Object.entries(value)) setField(plain, key, withoutMarks(field, longNumbers))
  return plain
}

/** A long number as a double where that holds it as people mean it, else as its text or as an error. */
export function plainNumber({ source, place }: LongNumber, longNumbers: LongNumbers): number | string {
  const value = Number(source)
  if (isHeld(source, value)) return value
  if (longNumbers === 'text') return source
  throw inexactNumber(source, place)
}

/** The error for a number that a double does not hold. */
function inexactNumber(source: string, { line, column }: JsonPlace): DocstoreError {
  const value = Number(source)
  const becomes = Number.isFinite(value) ? `it would become ${value}` : 'it is too large'
  const shown = source.length > 60 ? `${source.slice(0, 60)}…` : source
  return new DocstoreError(
    'inexact-number',
    `Line ${line}, column ${column}: the number ${shown} cannot be kept with all its digits (${becomes}). Write it as text, in quotation marks`,
    { details: { line, column, source: shown } },
  )
}

function notJson(text: string, begin: JsonPlace, cause: unknown): DocstoreError {
  const error = findJsonError(text)
  if (error === undefined) return new DocstoreError('bad-json', errorMessage(cause), { cause })
  const before = text.slice(0, error.offset)
  const newlines = before.match(/\n/g)?.length ?? 0
  const line = begin.line + newlines
  const column = error.offset - before.lastIndexOf('\n') + (newlines === 0 ? begin.column - 1 : 0)
  return new DocstoreError(
    'bad-json',
    text.trim() === '' ? 'Not JSON: the text is empty' : `Not JSON at line ${line}, column ${column}: ${error.found} does not belong there`,
    { cause, details: { line, column } },
  )
}

/** Both halves of a character as escapes, without the first backslash. */
const PAIR = /^ud[89ab][0-9a-f]{2}\\ud[c-f]/i
const PAIR_LENGTH = 11

const [QUOTE, BACKSLASH, COLON, MINUS, ZERO, NINE] = [34, 92, 58, 45, 48, 57]

/** One look over a text that is JSON: how many keys it has, and whether a number or an escape in it needs a closer one. */
function survey(text: string, firstLine: number): { keys: number; isDoubtful: boolean } {
  let keys = 0
  let depth = 0
  let isDoubtful = false
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at)
    if (code === QUOTE) {
      for (at++; ; at++) {
        const inside = text.charCodeAt(at)
        if (inside === QUOTE) break
        if (inside !== BACKSLASH) continue
        at++
        // \ud800 to \udfff: half of a character, unless the other half follows.
        if (text.charCodeAt(at) === 117 && (text.charCodeAt(at + 1) | 32) === 100 && text.charCodeAt(at + 2) > 55) {
          if (PAIR.test(text.slice(at, at + PAIR_LENGTH))) at += PAIR_LENGTH - 1
          else isDoubtful = true
        }
      }
    } else if (code === COLON) keys++
    else if (code === MINUS || (code >= ZERO && code <= NINE)) {
      const from = at
      const end = numberEnd(text, from)
      at = end - 1
      if (!isDoubtful && (end - from > MAX_SAFE_NUMBER_LENGTH || hasExponent(text, from, end))) {
        const source = text.slice(from, end)
        isDoubtful = !printsAlike(source, Number(source))
      }
    } else if (code === 123 || code === 91) {
      if (++depth > MAX_DEPTH) {
        throw new DocstoreError('bad-json', `The JSON that begins at line ${firstLine} is nested deeper than ${MAX_DEPTH} levels`)
      }
    } else if (code === 125 || code === 93) depth--
  }
  return { keys, isDoubtful }
}

function numberEnd(text: string, from: number): number {
  let at = from + 1
  for (; at < text.length; at++) {
    const code = text.charCodeAt(at)
    // Digits, . + - e E
    if (!((code >= ZERO && code <= NINE) || code === 46 || code === 43 || code === MINUS || (code | 32) === 101)) break
  }
  return at
}

function hasExponent(text: string, from: number, end: number): boolean {
  for (let at = from; at < end; at++) if ((text.charCodeAt(at) | 32) === 101) return true
  return false
}

function countKeys(value: unknown): number {
  if (typeof value !== 'object' || value === null) return 0
  let count = 0
  if (Array.isArray(value)) {
    for (const item of value as readonly unknown[]) if (typeof item === 'object') count += countKeys(item)
    return count
  }
  const fields = value as Readonly<Record<string, unknown>>
  for (const key of Object.keys(fields)) {
    count++
    const field = fields[key]
    if (typeof field === 'object') count += countKeys(field)
  }
  return count
}

/** Reads a text that is known to be JSON, a value at a time, so that it knows where each stands. */
class MarkingReader {
  readonly #text: string
  #at = 0
  #isMarked = false
  /** The line up to which is counted, the offset at which it begins, and the one from which is counted on. */
  #line: number
  #lineStart: number
  #counted = 0

  constructor(text: string, begin: JsonPlace) {
    this.#text = text
    this.#line = begin.line
    this.#lineStart = 1 - begin.column
  }

  read(): ReadJson {
    const value = this.#value()
    return { value, isMarked: this.#isMarked }
  }

  #value(): unknown {
    this.#skipWhite()
    switch (this.#text[this.#at]) {
      case '{':
        return this.#object()
      case '[':
        return this.#array()
      case '"':
        return this.#string()
      case 't':
        this.#at += 4
        return true
      case 'f':
        this.#at += 5
        return false
      case 'n':
        this.#at += 4
        return null
      default:
        return this.#number()
    }
  }

  #object(): unknown {
    const fields: Record<string, unknown> = {}
    let fault: JsonFault | undefined
    this.#at++
    for (let next = this.#next(); next !== '}'; next = this.#next()) {
      if (next === ',') this.#at++
      this.#skipWhite()
      const from = this.#at
      const key = this.#string()
      if (typeof key !== 'string') fault ??= key
      else if (Object.hasOwn(fields, key)) {
        const { line, column } = this.#place(from)
        const name = JSON.stringify(key.slice(0, 80))
        fault ??= this.#fault('duplicate-key', `Line ${line}, column ${column}: the field ${name} is here twice`, { line, column })
      }
      this.#next()
      this.#at++
      const value = this.#value()
      if (typeof key === 'string') setField(fields, key, value)
    }
    this.#at++
    return fault ?? fields
  }

  #array(): unknown {
    const items: unknown[] = []
    this.#at++
    for (let next = this.#next(); next !== ']'; next = this.#next()) {
      if (next === ',') this.#at++
      items.push(this.#value())
    }
    this.#at++
    return items
  }

  #string(): string | JsonFault {
    const from = this.#at
    for (this.#at++; this.#text.charCodeAt(this.#at) !== QUOTE; this.#at++) if (this.#text.charCodeAt(this.#at) === BACKSLASH) this.#at++
    this.#at++
    const text = JSON.parse(this.#text.slice(from, this.#at)) as string
    if (text.isWellFormed()) return text
    const { line, column } = this.#place(from)
    return this.#fault('bad-json', `Line ${line}, column ${column}: this text has half a character in it (a lone surrogate)`, { line, column })
  }

  #number(): number | LongNumber {
    const from = this.#at
    this.#at = numberEnd(this.#text, from)
    const source = this.#text.slice(from, this.#at)
    const value = Number(source)
    if (printsAlike(source, value)) return value
    this.#isMarked = true
    return new LongNumber(source, this.#place(from))
  }

  /** The next character that is not white, without passing it. */
  #next(): string | undefined {
    this.#skipWhite()
    return this.#text[this.#at]
  }

  #skipWhite(): void {
    for (; ; this.#at++) {
      const code = this.#text.charCodeAt(this.#at)
      if (code !== 32 && code !== 10 && code !== 13 && code !== 9) return
    }
  }

  #fault(code: ErrorCode, message: string, place: JsonPlace): JsonFault {
    this.#isMarked = true
    return new JsonFault(new DocstoreError(code, message, { details: { ...place } }))
  }

  /** Line and column of an offset, not before the one that was asked for last. */
  #place(offset: number): JsonPlace {
    for (let end = this.#text.indexOf('\n', this.#counted); end !== -1 && end < offset; end = this.#text.indexOf('\n', this.#counted)) {
      this.#line++
      this.#lineStart = end + 1
      this.#counted = end + 1
    }
    return { line: this.#line, column: offset - this.#lineStart + 1 }
  }
}

/** Sets a field of any name: `__proto__` too is one. */
function setField(fields: Record<string, unknown>, name: string, value: unknown): void {
  if (name === '__proto__') Object.defineProperty(fields, name, { value, enumerable: true, configurable: true, writable: true })
  else fields[name] = value
}
