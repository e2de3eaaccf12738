import type { RE2JS } from 're2js'
import { DocstoreError, errorMessage } from '../errors.ts'
import { MAX_REGEX_LENGTH } from './limits.ts'

/**
 * Regular expressions in RE2's syntax, which match in time proportional to the text: a filter of a stranger must not stop a relay. What
 * needs backtracking (`\1`, `(?=…)`) does not exist in it.
 */
export interface Regex {
  readonly pattern: string
  /** Of `i` (either case), `m` (`^` and `$` at line ends) and `s` (`.` takes line ends too). */
  readonly flags: string
}

type Engine = typeof RE2JS

let engine: Engine | undefined

/** Loads what regular expressions need: a fifth of the library, and most programs never use one. */
export async function loadRegexEngine(): Promise<void> {
  engine ??= (await import('re2js')).RE2JS
}

/** Thrown where a regular expression is met before the engine is loaded. */
export class NoRegexEngine extends Error {}

interface CompiledRegex {
  readonly program: RE2JS
  readonly hasMatch: (text: string) => boolean
}

/** Compiled expressions, so that each is compiled once. Emptied when full. */
const compiled = new Map<string, CompiledRegex>()
const MAX_COMPILED = 100

/**
 * Characters and choices of one out of several, in a row, as searches for words have them: JavaScript finds these in the same places, in time
 * proportional to the text as well, and many times faster.
 */
const PLAIN = /^(?:[^\\^$.*+?()[\]{}|]|\\[\\^$.*+?()[\]{}|]|\[[^\\^[\]-]+\])+$/u

/** What is wrong with a regular expression, as the end of a sentence; `undefined` where it is fine. Throws `NoRegexEngine`. */
export function regexFault(regex: Regex): string | undefined {
  if (engine === undefined) throw new NoRegexEngine()
  if (regex.pattern.length > MAX_REGEX_LENGTH) return `is longer than ${MAX_REGEX_LENGTH} characters`
  const flag = regex.flags.split('').find((one) => !'ims'.includes(one))
  if (flag !== undefined) return `has the option ${JSON.stringify(flag)}; there are i, m and s`
  try {
    compile(regex)
    return undefined
  } catch (error) {
    return `is not in RE2's syntax (${errorMessage(error)}): there are no back-references and no look-around`
  }
}

/** How many steps a fine regular expression compiles to. */
export function regexSteps(regex: Regex): number {
  return compile(regex).program.programSize()
}

/** What says whether a text has a match, for who keeps it. The engine must be loaded. */
export function matcherOf(regex: Regex): (text: string) => boolean {
  return compile(regex).hasMatch
}

/** Whether the text has a match. */
export function hasMatch(regex: Regex, text: string): boolean {
  return compile(regex).hasMatch(text)
}

function compile({ pattern, flags }: Regex): CompiledRegex {
  const key = `${flags}/${pattern}`
  const known = compiled.get(key)
  if (known !== undefined) return known
  if (engine === undefined) throw new DocstoreError('internal', 'A filter with a regular expression was not read by readFilter')
  const { CASE_INSENSITIVE, MULTILINE, DOTALL } = engine
  const bits = (flags.includes('i') ? CASE_INSENSITIVE : 0) | (flags.includes('m') ? MULTILINE : 0) | (flags.includes('s') ? DOTALL : 0)
  const program = engine.compile(pattern, bits)
  const native = PLAIN.test(pattern) ? new RegExp(pattern, flags.includes('i') ? 'iu' : 'u') : program
  const regex = { program, hasMatch: (text: string) => native.test(text) }
  if (compiled.size >= MAX_COMPILED) compiled.clear()
  compiled.set(key, regex)
  return regex
}
