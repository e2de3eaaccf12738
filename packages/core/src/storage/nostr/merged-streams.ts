import type { SqlRow, SqlValue } from '../drivers/driver.ts'
import { bytes } from '../rows.ts'
import type { Statements } from '../statements.ts'
import { isBefore } from './position.ts'

/** Events of one index entry in the order of clients, such as those of one author. */
export interface StreamQuery {
  /** Ends with a lower place, a higher one and a limit as parameters. */
  readonly sql: string
  readonly params: readonly SqlValue[]
}

/** Where an event lies, and its row. */
export interface FoundPlace {
  readonly pos: Uint8Array
  readonly rid: number
}

interface Stream {
  readonly query: StreamQuery
  rows: readonly SqlRow[]
  next: number
  /** Its next place. */
  head: Uint8Array
  /** How many rows are read at a time: more each time, as most streams give little of a page. */
  chunk: number
  isLast: boolean
}

/** The first events of several streams together, each once, from one place up to another. Reads of each stream what is needed, and a few more. */
export function mergedPlaces(
  statements: Statements,
  queries: readonly StreamQuery[],
  { low, high, limit }: { readonly low: Uint8Array; readonly high: Uint8Array; readonly limit: number },
): readonly FoundPlace[] {
  const first = Math.max(2, Math.ceil((2 * limit) / queries.length))
  const heap: Stream[] = []
  for (const query of queries) {
    const stream: Stream = { query, rows: [], next: 0, head: low, chunk: queries.length === 1 ? limit : first, isLast: false }
    if (fill(statements, stream, low, high)) heap.push(stream)
  }
  for (let i = (heap.length >> 1) - 1; i >= 0; i--) sink(heap, i)
  const found: FoundPlace[] = []
  while (found.length < limit) {
    const [stream] = heap
    if (stream === undefined) break
    const { head } = stream
    const last = found.at(-1)
    // An event lies in several streams where it has several of the values that are asked for.
    if (last === undefined || isBefore(last.pos, head)) found.push({ pos: head, rid: Number(stream.rows[stream.next]?.['rid']) })
    if (!advance(statements, stream, high)) {
      const end = heap.pop()
      if (end !== undefined && end !== stream) heap[0] = end
    }
    sink(heap, 0)
  }
  return found
}

/** Moves on to the next event of a stream; false at its end. */
function advance(statements: Statements, stream: Stream, high: Uint8Array): boolean {
  stream.next++
  const row = stream.rows[stream.next]
  if (row === undefined) return !stream.isLast && fill(statements, stream, after(stream.head), high)
  stream.head = bytes(row['pos'])
  return true
}

function fill(statements: Statements, stream: Stream, low: Uint8Array, high: Uint8Array): boolean {
  const { query, chunk } = stream
  stream.rows = statements.query(query.sql).all(...query.params, low, high, chunk)
  stream.next = 0
  stream.isLast = stream.rows.length < chunk
  stream.chunk = chunk * 4
  const [row] = stream.rows
  if (row === undefined) return false
  stream.head = bytes(row['pos'])
  return true
}

function sink(heap: Stream[], from: number): void {
  for (let at = from; ; ) {
    const [left, right] = [heap[2 * at + 1], heap[2 * at + 2]]
    const here = heap[at]
    if (here === undefined || left === undefined) return
    const child = right !== undefined && isBefore(right.head, left.head) ? 2 * at + 2 : 2 * at + 1
    const least = heap[child]
    if (least === undefined || !isBefore(least.head, here.head)) return
    heap[at] = least
    heap[child] = here
    at = child
  }
}

/** The first place behind one. */
export function after(pos: Uint8Array): Uint8Array {
  const next = new Uint8Array(pos.length + 1)
  next.set(pos)
  return next
}
