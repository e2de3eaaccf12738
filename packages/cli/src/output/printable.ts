/** What a terminal obeys instead of showing it, and what turns the direction of a line; line breaks and tabs are no such thing. */
const OBEYED = /[[\p{Cc}\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]--[\t\n]]/gv
const BREAKS = /[\t\n\u2028\u2029]/g

/** A text for a person's terminal: names and messages of others are shown, and cannot clear the screen or write over what stands there. */
export function printable(text: string): string {
  return text.replace(OBEYED, escaped)
}

/** The same on one line, for a cell of a table. */
export function printableLine(text: string): string {
  return printable(text).replace(BREAKS, escaped)
}

function escaped(character: string): string {
  return character === '\n' ? '\\n' : `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`
}
