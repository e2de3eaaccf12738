import type { Document } from 'p2p-docstore'

/** A value in one line, what it is, and the whole of it. */
export interface CellText {
  readonly kind: 'nothing' | 'text' | 'number' | 'date' | 'data'
  readonly text: string
  /** What the line leaves out or says in other words. */
  readonly whole: string
}

type Value = Document[string] | undefined

/** Longest text of a cell; the screen shows less. */
const MAX_LENGTH = 160
/** Longest text that comes up over a cell. */
const MAX_WHOLE_LENGTH = 2000

/** A moment as programs write it: `2026-11-28T20:42:00.000Z` (RFC 3339). A day alone is readable as it stands. */
const MOMENT = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2}(\.\d+)?)?(Z|[+-]\d{2}:\d{2})$/

const MOMENT_FORMAT = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'short' })

/** A value as a cell shows it. */
export function cellText(value: Value): CellText {
  if (value === undefined) return { kind: 'nothing', text: '', whole: '' }
  if (typeof value === 'number') return { kind: 'number', text: String(value), whole: String(value) }
  if (typeof value === 'string') {
    const moment = momentOf(value)
    return { kind: moment === undefined ? 'text' : 'date', text: moment ?? shortened(value, MAX_LENGTH), whole: shortened(value, MAX_WHOLE_LENGTH) }
  }
  const json = JSON.stringify(value)
  return { kind: 'data', text: shortened(listText(value) ?? json, MAX_LENGTH), whole: shortened(json, MAX_WHOLE_LENGTH) }
}

/** A moment in the words and the time of whoever looks; `undefined` where the text is none. */
function momentOf(text: string): string | undefined {
  if (!MOMENT.test(text)) return undefined
  const date = new Date(text)
  return Number.isNaN(date.getTime()) ? undefined : MOMENT_FORMAT.format(date)
}

/** Plain values of a list beside each other; `undefined` where that would not say what they are. */
function listText(value: Value): string | undefined {
  if (!Array.isArray(value) || value.length === 0) return undefined
  const items: readonly Value[] = value
  const texts = items.filter((item) => typeof item === 'number' || (typeof item === 'string' && item !== '' && !item.includes(',')))
  return texts.length === items.length ? texts.map(String).join(', ') : undefined
}

function shortened(text: string, length: number): string {
  return text.length > length ? `${text.slice(0, length)}…` : text
}
