import type { Regex } from '../regex.ts'

/** Texts from `low` on, before `high`. */
export interface PrefixRange {
  readonly low: string
  readonly high: string
}

const MAX_CODE_POINT = 0x10ffff
const FIRST_SURROGATE = 0xd800
const AFTER_SURROGATES = 0xe000

/** The texts that begin with what a regular expression such as `^abc` begins with; `undefined` where it does not say how they begin. */
export function rangeOfRegex(regex: Regex): PrefixRange | undefined {
  const low = literalPrefix(regex)
  const high = low === undefined ? undefined : after(low)
  return low === undefined || high === undefined ? undefined : { low, high }
}

/** What every match begins with, as far as that is plain to see. */
function literalPrefix({ pattern, flags }: Regex): string | undefined {
  // In other places `^` is not the only beginning, or not the beginning of the text; with `i` letters stand for others too.
  if (!pattern.startsWith('^') || pattern.includes('|') || /[im]/.test(flags) || !pattern.isWellFormed()) return undefined
  let prefix = ''
  let rest = pattern.slice(1)
  for (;;) {
    const [taken, escaped, plain] = /^(?:\\([^\p{L}\p{N}\s])|([^\\^$.|?*+()[\]{}]))/u.exec(rest) ?? []
    const character = escaped ?? plain
    if (taken === undefined || character === undefined) break
    rest = rest.slice(taken.length)
    // What may be missing is no part of the prefix.
    if (/^[?*{]/.test(rest)) break
    prefix += character
    if (rest.startsWith('+')) break
  }
  return prefix === '' ? undefined : prefix
}

/** The first text after all that begin with this one, in the order of UTF-8. */
function after(prefix: string): string | undefined {
  const points = Array.from(prefix, (character) => character.codePointAt(0) ?? 0)
  while (points.at(-1) === MAX_CODE_POINT) points.pop()
  const last = points.pop()
  if (last === undefined) return undefined
  return String.fromCodePoint(...points, last + 1 === FIRST_SURROGATE ? AFTER_SURROGATES : last + 1)
}
