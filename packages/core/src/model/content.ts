import { fromUtf8 } from './bytes.ts'
import { compareText } from './compare-text.ts'
import { formerJson } from './json/former-json.ts'
import type { Json } from './json/json-value.ts'
import { MAX_CONTENT_BYTES, MAX_CONTENT_DEPTH } from './limits.ts'
import { DocstoreError } from '../errors.ts'
import { accept, refuse, type Verdict } from './verdict.ts'

/** A stored document: a JSON object with its `_id`. */
export type Document = { readonly _id: string; readonly [key: string]: Json }

/** Strings that JSON writes as they are. Surrogates take the slow path, which refuses lone ones. */
const PLAIN = /^[ !#-[\]-\ud7ff\ue000-\uffff]*$/

/** Whether UTF-16 order may differ from that of UTF-8. */
const HAS_SURROGATE = /[\ud800-\udfff]/

/** From here on numbers have an exponent: go-ipld-prime takes digits for a 64-bit integer, and refuses the document where they are none. */
const MIN_EXPONENT: number = 2 ** 63

/**
 * Canonical JSON of a document: RFC 8785, but with keys in the order of their UTF-8 bytes, and exponents from 2^63 on, as all codecs of
 * dag-json can read it. Like `JSON.stringify`, it calls `toJSON`, leaves out `undefined` fields and writes `null` for `undefined` items.
 * Throws `bad-document` for what JSON cannot carry.
 */
export function canonicalJson(value: unknown): string {
  try {
    return write(represent(value), 0)
  } catch (error) {
    throw error instanceof NotJson ? badDocument(error.what, faultPath(represent(value), 0)) : error
  }
}

/** What JSON makes of a value. Throws `bad-document` for what JSON cannot carry. */
export function jsonCopy(value: unknown): Json {
  // What most updates set is the same in JSON.
  const isSame = typeof value === 'boolean' || (Number.isSafeInteger(value) && value !== 0) || (typeof value === 'string' && value.isWellFormed())
  return isSame ? (value as Json) : (JSON.parse(canonicalJson(value)) as Json)
}

/** A value that JSON cannot carry, found deep inside a document. */
class NotJson {
  readonly what: string

  constructor(what: string) {
    this.what = what
  }
}

/** The field names down to the first value that cannot be written. */
function faultPath(value: unknown, depth: number): readonly string[] {
  if (typeof value !== 'object' || value === null || depth > MAX_CONTENT_DEPTH) return []
  const names = Array.isArray(value) ? Array.from(value.keys(), String) : sortedKeys(value as Readonly<Record<string, unknown>>)
  for (const name of names) {
    const field = represent((value as Readonly<Record<string, unknown>>)[name])
    try {
      if (field !== undefined) write(field, depth + 1)
    } catch {
      return [name, ...faultPath(field, depth + 1)]
    }
  }
  return []
}

/** What stands for a value in JSON: what its `toJSON` returns, where it has one. */
function represent(value: unknown): unknown {
  // Buffer has a toJSON, but nobody who puts bytes into a document wants {"type":"Buffer","data":[…]}.
  if (typeof value !== 'object' || value === null || ArrayBuffer.isView(value)) return value
  return 'toJSON' in value && typeof value.toJSON === 'function' ? value.toJSON() : value
}

function write(value: unknown, depth: number): string {
  switch (typeof value) {
    case 'string':
      return quote(value)
    case 'number':
      if (!Number.isFinite(value)) throw new NotJson(`${value} is not a JSON number`)
      return Math.abs(value) < MIN_EXPONENT ? JSON.stringify(value) : value.toExponential()
    case 'boolean':
      return value ? 'true' : 'false'
    case 'object':
      return value === null ? 'null' : writeObject(value, depth + 1)
    case 'bigint':
      throw new NotJson(`the BigInt ${value} is not JSON, whose numbers are exact up to 2^53. Store its digits as text: String(value)`)
    default:
      throw new NotJson(`a ${typeof value} is not JSON`)
  }
}

function writeObject(value: object, depth: number): string {
  if (depth > MAX_CONTENT_DEPTH) throw new NotJson(`nested deeper than ${MAX_CONTENT_DEPTH} levels, or refers to itself`)
  if (Array.isArray(value)) {
    let json = '['
    for (let i = 0; i < value.length; i++) json += `${i === 0 ? '' : ','}${write(represent(value[i]) ?? null, depth)}`
    return `${json}]`
  }
  const prototype: unknown = Object.getPrototypeOf(value)
  if (prototype !== Object.prototype && prototype !== null) {
    // Instances of people's own classes pass. Map, Set, Promise, Error, bytes, boxed values … would lose what is in them.
    const kind = Object.prototype.toString.call(value).slice('[object '.length, -1)
    if (kind !== 'Object') throw new NotJson(`a ${kind} is not JSON`)
  }
  let json = '{'
  const fields = value as Readonly<Record<string, unknown>>
  for (const key of sortedKeys(fields)) {
    const field = represent(fields[key])
    if (field === undefined) continue
    if (key === '/' || key === '__proto__') throw new NotJson(`the field name ${JSON.stringify(key)} is reserved`)
    json += `${json.length === 1 ? '' : ','}${quote(key)}:${write(field, depth)}`
  }
  return `${json}}`
}

/** The order of dag-json, by UTF-8 bytes. Most objects that arrive are sorted already, and few keys have characters that JavaScript sorts otherwise. */
function sortedKeys(value: Readonly<Record<string, unknown>>): string[] {
  const keys = Object.keys(value)
  let isSorted = true
  for (let i = 0; i < keys.length; i++) {
    const key = keys[i] ?? ''
    if (HAS_SURROGATE.test(key)) return keys.sort(compareText)
    isSorted &&= i === 0 || (keys[i - 1] ?? '') <= key
  }
  return isSorted ? keys : keys.sort()
}

function quote(text: string): string {
  if (PLAIN.test(text)) return `"${text}"`
  if (!text.isWellFormed()) throw new NotJson('a string has a lone surrogate')
  return JSON.stringify(text)
}

/** Field names that a message shows at most; a document that refers to itself has a path without an end. */
const MAX_SHOWN_NAMES = 8

function badDocument(what: string, path: readonly string[]): DocstoreError {
  const shown = path.slice(0, MAX_SHOWN_NAMES).map((name) => name.slice(0, 80))
  const field = path.length === 0 ? '' : `, in the field ${JSON.stringify(shown.join('.') + (path.length > MAX_SHOWN_NAMES ? '.…' : ''))}`
  return new DocstoreError('bad-document', `The document cannot be stored: ${what}${field}`)
}

/** Whether a value is a JSON object: what a document has to be. */
export function isPlainObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** Parses content from another peer: canonical JSON, or the former form, of an object whose `_id` is `id`, of at most the network's `maxBytes`. */
export function decodeContent(bytes: Uint8Array, id: string, maxBytes: number = MAX_CONTENT_BYTES): Verdict<{ text: string; document: Document }> {
  if (bytes.length > Math.min(maxBytes, MAX_CONTENT_BYTES)) return refuse('too-large')
  const text = fromUtf8(bytes)
  if (text === undefined) return refuse('bad-content')
  try {
    const document: unknown = JSON.parse(text)
    if (!isPlainObject(document) || document['_id'] !== id) return refuse('bad-content')
    const isCanonical = canonicalJson(document) === text || formerJson(document as Document) === text
    return isCanonical ? accept({ text, document: document as Document }) : refuse('not-canonical')
  } catch {
    return refuse('bad-content')
  }
}

/** Without one of these a text is the same in both forms: a character beyond U+FFFF, a number from 2^63 to 1e21 as either of them writes it. */
const MAY_DIFFER = /[\ud800-\udfff]|\d{19}|e\+(?:18|19|20)/

/** Whether accepted content is in the former form, which not every codec of dag-json can read. */
export function isFormerJson(text: string): boolean {
  return MAY_DIFFER.test(text) && canonicalJson(JSON.parse(text)) !== text
}

/** The former form of canonical JSON. Most texts have but one. */
export function formerText(canonical: string): string {
  return MAY_DIFFER.test(canonical) ? formerJson(JSON.parse(canonical)) : canonical
}

/** The texts in which a value may stand in stored content: its canonical JSON, and its former form where that is another. */
export function storedForms(value: Json): readonly string[] {
  const text = canonicalJson(value)
  const former = formerText(text)
  return former === text ? [text] : [text, former]
}
