/** What parts cells, the likeliest first. */
const DELIMITERS = [',', ';', '\t', '|'] as const

/** Lines that have to agree; more tell nothing new. */
const MAX_LINES = 50

/**
 * The delimiter of a CSV text, from its beginning: the one that parts most lines into as many cells as the first, outside quotation
 * marks; `undefined` where none does. `isCut` says that the text goes on, so that its last line is not whole.
 */
export function guessDelimiter(text: string, isCut: boolean): string | undefined {
  const lines = countPerLine(text, isCut)
  const [header, ...others] = lines
  if (header === undefined) return undefined
  let best: { readonly delimiter: string; readonly agreement: number; readonly cells: number } | undefined
  for (const [i, delimiter] of DELIMITERS.entries()) {
    const cells = header[i] ?? 0
    if (cells === 0) continue
    // A header or its lines may have a delimiter too many at their end, or no name for the first column.
    const agreement = others.length === 0 ? 1 : others.filter((counts) => Math.abs((counts[i] ?? 0) - cells) <= 1).length / others.length
    const exact = others.length === 0 ? 1 : others.filter((counts) => counts[i] === cells).length / others.length
    const score = exact + agreement
    if (best === undefined || score > best.agreement || (score === best.agreement && cells > best.cells))
      best = { delimiter, agreement: score, cells }
  }
  return best !== undefined && best.agreement > 0 ? best.delimiter : undefined
}

/** How often each delimiter stands in each line that is not empty, quoted line breaks and delimiters left out. */
function countPerLine(text: string, isCut: boolean): readonly (readonly number[])[] {
  const lines: number[][] = []
  let counts: number[] = DELIMITERS.map(() => 0)
  let isQuoted = false
  let isEmpty = true
  // A quotation mark within a cell is text.
  let opens = true
  const end = (): void => {
    if (!isEmpty) lines.push(counts)
    counts = DELIMITERS.map(() => 0)
    isEmpty = true
  }
  for (let at = 0; at < text.length && lines.length < MAX_LINES; at++) {
    const char = text[at] ?? ''
    const isMark: boolean = char === '"' && (isQuoted || opens)
    if (isMark) isQuoted = !isQuoted
    opens = isMark || char === '\n' || char === '\r' || (DELIMITERS as readonly string[]).includes(char)
    if (isMark) {
      isEmpty = false
      continue
    }
    if (!isQuoted && (char === '\n' || char === '\r')) {
      end()
      continue
    }
    isEmpty = false
    const which = isQuoted ? -1 : (DELIMITERS as readonly string[]).indexOf(char)
    if (which !== -1) counts[which] = (counts[which] ?? 0) + 1
  }
  if (lines.length < MAX_LINES && (!isCut || lines.length === 0)) end()
  return lines
}

/** The delimiter that Excel's first line `sep=;` names. */
export function namedDelimiter(text: string): { readonly delimiter: string; readonly length: number } | undefined {
  const match = /^sep=(.)\r?\n/i.exec(text)
  return match?.[1] === undefined ? undefined : { delimiter: match[1], length: match[0].length }
}
