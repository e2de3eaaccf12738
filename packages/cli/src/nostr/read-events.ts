import { type NostrEvent, readEvent } from '@p2p-docstore/core/nostr'
import { MAX_LINE_LENGTH } from '../limits.ts'
import { JsonTexts } from '../rows/json-texts.ts'
import { LookAhead } from '../rows/look-ahead.ts'
import { openBytes } from '../rows/open-bytes.ts'
import { textOf } from '../rows/text-of.ts'

/** What a file has at a place: an event, or why it is none. */
export interface ReadEvent {
  readonly line: number
  readonly event: NostrEvent | undefined
  readonly reason: string
}

/**
 * Events of a file, packed or not; `-` is standard input. One after another (JSONL), each as it is or as a frame of a relay (`["EVENT", …, event]`; other frames
 * are passed over), or all of them in one array. Throws `unknown-format`, `bad-encoding`, `bad-compression`, and for what is longer than any event `document-too-large`.
 */
export async function* readEvents(file: string, signal: AbortSignal): AsyncGenerator<ReadEvent> {
  const { chunks } = await openBytes(file, signal)
  const pieces = new LookAhead(textOf(chunks))
  const head = (await pieces.look((seen) => seen.join('').trimStart().length > 64)).join('')
  const texts = new JsonTexts(pieces)
  const inArray = /^\s*\[\s*[{\]]/.test(head)
  if (inArray) await texts.enterArray()
  for (;;) {
    const next = await texts.next(MAX_LINE_LENGTH, { inArray })
    if (next === undefined) return
    const value = parsed(next.text)
    const isFrame = Array.isArray(value) && typeof value[0] === 'string'
    if (isFrame && value[0] !== 'EVENT') continue
    const read = readEvent(isFrame ? value.at(-1) : value)
    yield { line: next.line, event: read.ok ? read.value : undefined, reason: read.ok ? '' : read.reason }
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown
  } catch {
    return undefined
  }
}
