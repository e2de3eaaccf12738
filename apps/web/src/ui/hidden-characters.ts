/**
 * Characters that are not seen, and change the order or the look of others: what one reads is not what is there. Controls besides the
 * line feed and the tab, and the format characters of bidirectional and invisible text (Unicode UAX #9, UTR #36).
 */
// oxlint-disable-next-line no-control-regex -- they are what is looked for.
const HIDDEN = /[\0-\x08\x0b-\x1f\x7f-\x9f\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u2069\ufeff]/g

/** Short names by which those who write such text know them. */
const NAMES: ReadonlyMap<string, string> = new Map([
  ['\u061c', 'ALM'],
  ['\u200b', 'ZWSP'],
  ['\u200e', 'LRM'],
  ['\u200f', 'RLM'],
  ['\u202a', 'LRE'],
  ['\u202b', 'RLE'],
  ['\u202c', 'PDF'],
  ['\u202d', 'LRO'],
  ['\u202e', 'RLO'],
  ['\u2066', 'LRI'],
  ['\u2067', 'RLI'],
  ['\u2068', 'FSI'],
  ['\u2069', 'PDI'],
])

/** A part of a text as it stands, or a hidden character as its name and number. */
export type TextPart = { readonly text: string } | { readonly mark: string; readonly codePoint: string }

/** A text with its hidden characters apart from the rest. */
export function partsOf(text: string): readonly TextPart[] {
  const parts: TextPart[] = []
  let from = 0
  for (const { 0: character, index } of text.matchAll(HIDDEN)) {
    if (index > from) parts.push({ text: text.slice(from, index) })
    parts.push({ mark: nameOf(character), codePoint: codePointOf(character) })
    from = index + 1
  }
  if (from < text.length || parts.length === 0) parts.push({ text: text.slice(from) })
  return parts
}

/** A text with the names of hidden characters in their place, for where there is nothing but text. */
export function withMarks(text: string): string {
  return text.replace(HIDDEN, (character) => `⟦${nameOf(character)}⟧`)
}

/** JSON with hidden characters as escapes: the same value, and nothing in it that is not seen. */
export function withEscapes(json: string): string {
  return json.replace(HIDDEN, (character) => `\\u${hexOf(character)}`)
}

function nameOf(character: string): string {
  return NAMES.get(character) ?? codePointOf(character)
}

function codePointOf(character: string): string {
  return `U+${hexOf(character).toUpperCase()}`
}

function hexOf(character: string): string {
  return character.charCodeAt(0).toString(16).padStart(4, '0')
}
