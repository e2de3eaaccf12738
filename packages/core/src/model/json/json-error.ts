/** Where a text stops being JSON. */
export interface JsonError {
  readonly offset: number
  /** What stands there, for people. */
  readonly found: string
}

const WHITE = /[\t\n\r ]*/y
// JSON strings hold no control characters (RFC 8259, section 7).
// oxlint-disable-next-line no-control-regex
const STRING_BEGIN = /"(?:[^"\\\u0000-\u001f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*/y
/** What somebody took for a word: told as a whole, up to a length that a message can bear. */
const WORD = /[\p{L}_$][\p{L}\p{N}_$]{0,39}/uy
const SCALAR = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null/y

type Expected = 'value' | 'value or end' | 'key' | 'key or end' | 'colon' | 'comma or end' | 'nothing'

/**
 * The first place at which a text is not JSON (RFC 8259), for texts that `JSON.parse` refuses: its messages leave the place out
 * in some cases. `undefined` where the text is JSON.
 */
export function findJsonError(text: string): JsonError | undefined {
  const open: ('{' | '[')[] = []
  let expected: Expected = 'value'
  let at = 0
  const skip = (pattern: RegExp): boolean => {
    pattern.lastIndex = at
    if (!pattern.test(text)) return false
    at = pattern.lastIndex
    return true
  }
  /** What may follow a value that has just ended. */
  const afterValue = (): Expected => (open.length === 0 ? 'nothing' : 'comma or end')
  const readString = (): boolean => {
    if (!skip(STRING_BEGIN) || text[at] !== '"') return false
    at++
    return true
  }
  for (;;) {
    skip(WHITE)
    const char = text[at]
    if (char === undefined && expected === 'nothing') return undefined
    if (
      (expected === 'value or end' && char === ']') ||
      (expected === 'key or end' && char === '}') ||
      (expected === 'comma or end' && char === closing(open))
    ) {
      at++
      open.pop()
      expected = afterValue()
    } else if (expected === 'comma or end' && char === ',') {
      at++
      expected = open.at(-1) === '{' ? 'key' : 'value'
    } else if (expected === 'colon' && char === ':') {
      at++
      expected = 'value'
    } else if (expected === 'key' || expected === 'key or end') {
      if (!readString()) return errorAt(text, at)
      expected = 'colon'
    } else if (expected === 'value' || expected === 'value or end') {
      if (char === '{' || char === '[') {
        at++
        open.push(char)
        expected = char === '{' ? 'key or end' : 'value or end'
      } else {
        if (char === '"' ? !readString() : !skip(SCALAR)) return errorAt(text, at)
        expected = afterValue()
      }
    } else return errorAt(text, at)
  }
}

function closing(open: readonly ('{' | '[')[]): string | undefined {
  const last = open.at(-1)
  return last === '{' ? '}' : last === '[' ? ']' : undefined
}

function errorAt(text: string, offset: number): JsonError {
  const code = text.codePointAt(offset)
  if (code === undefined) return { offset, found: 'the end of the text' }
  if (code === 10 || code === 13) return { offset, found: 'the end of the line' }
  WORD.lastIndex = offset
  return { offset, found: JSON.stringify(WORD.exec(text)?.[0] ?? String.fromCodePoint(code)) }
}
