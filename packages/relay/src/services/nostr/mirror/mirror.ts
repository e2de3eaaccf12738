import { DocstoreError, errorCode, toHex } from '@p2p-docstore/core'
import {
  fromHex,
  isHex32,
  type NostrEvent,
  type NostrFilter,
  type NostrOutcome,
  readEvent,
  type ReplicaNostr,
  VANISH,
  vanishRelays,
} from '@p2p-docstore/core/nostr'
import { ComparedSet } from '../negentropy/compared-set.ts'
import { openingMessage, reconcile } from '../negentropy/reconcile.ts'
import { type ForeignFrame, ForeignRelay } from './foreign-relay.ts'

/** Events that are compared at most; beyond, the other side is read page by page. */
const MAX_COMPARED = 1_000_000
/** Longest message of a comparison, bytes before they are made hexadecimal: relays read 128 KiB at least. */
const FRAME_BYTES = 60_000
/** Events that are asked for by one request, and requests at once; events of a page, and events that are sent at once. */
const IDS_TOGETHER = 100
const REQUESTS_AT_ONCE = 4
const PAGE = 500
const SENT_AT_ONCE = 50

/** What is mirrored, and how. */
export interface MirrorInit {
  /** Address of a relay of Nostr, `ws://` or `wss://`. */
  readonly url: string
  readonly nostr: ReplicaNostr
  /** What is looked at; everything unless given. */
  readonly filter?: NostrFilter
  /** `down`: what is there comes here; `up`: the other way; `both`. */
  readonly direction?: 'down' | 'up' | 'both'
  /** Where pages of a mirror that was broken off had come to: what is newer was seen. */
  readonly until?: number
  readonly onProgress?: (progress: MirrorProgress) => void
  readonly signal?: AbortSignal
}

/** How far it is. */
export interface MirrorProgress {
  /** `compare`: by NIP-77. `page`: from the newest to the oldest, where the other side does not do that; with how far it has come, seconds. */
  readonly by: 'compare' | 'page'
  readonly until?: number
  /** Events that only the other side has, as far as is known; those of them that came, and that were stored. */
  readonly missing: number
  readonly fetched: number
  readonly stored: number
  /** Events that were sent, and that the other side took. */
  readonly sent: number
  readonly taken: number
}

/** What came of it. */
export interface Mirrored extends MirrorProgress {
  /** Ids that the other side said to have and did not give, a hundred at most, and how many these are. */
  readonly lost: readonly string[]
  readonly lostCount: number
  /** What became of events that came, by how often; `elsewhere`: a request to vanish that is for other relays alone. */
  readonly outcomes: Readonly<Partial<Record<NostrOutcome | 'unreadable' | 'elsewhere', number>>>
  /** Why it was read page by page. */
  readonly reason?: string
}

/** Makes events here and at a foreign relay equal, as far as a filter goes. Broken off, it can be begun anew and does what is left. Throws `bad-url`, `timeout`, `connection-lost`, `not-allowed`. */
export async function mirror({ url, nostr, filter = {}, direction = 'down', until, onProgress, signal }: MirrorInit): Promise<Mirrored> {
  const relay = await ForeignRelay.connect(url, signal)
  const state = new MirrorState(nostr, relay, onProgress, signal)
  try {
    const ids = until === undefined ? await nostr.ids(filter, { max: MAX_COMPARED }) : undefined
    const set = ids && new ComparedSet(ids)
    const refusal = set === undefined ? 'there are too many events, or pages were begun' : await compare(state, set, filter, direction)
    if (refusal === undefined) return state.done('compare', undefined)
    if (direction !== 'up') await readPages(state, filter, until)
    if (direction !== 'down') await sendAll(state, filter)
    return state.done('page', refusal)
  } finally {
    relay.close()
  }
}

/** What is there by NIP-77; gives why that cannot be had. */
async function compare(state: MirrorState, set: ComparedSet, filter: NostrFilter, direction: 'down' | 'up' | 'both'): Promise<string | undefined> {
  const { relay } = state
  const id = relay.newId()
  let next: ForeignFrame = ['NEG-OPEN', id, wireFilter(filter), toHex(openingMessage(set, FRAME_BYTES))]
  for (let isFirst = true; ; isFirst = false) {
    const answer = await askComparison(state, id, next, isFirst)
    if ('refusal' in answer) {
      if (isFirst) return answer.refusal
      throw new DocstoreError('connection-lost', `The relay ended the comparison: ${answer.refusal}`)
    }
    const have: string[] = []
    const need: string[] = []
    const done = reconcile(set, answer.message, FRAME_BYTES, { have: (one) => have.push(one), need: (one) => need.push(one) })
    if (!done.ok) {
      relay.send('NEG-CLOSE', id)
      if (isFirst) return `its messages are ${done.reason}`
      throw new DocstoreError('bad-response', `The messages of the relay are ${done.reason}`)
    }
    // Before the next message, so that no more is held than one message tells.
    if (direction !== 'up') await fetch(state, need)
    if (direction !== 'down') await send(state, have)
    if (done.reply.length <= 1) break
    next = ['NEG-MSG', id, toHex(done.reply)]
  }
  relay.send('NEG-CLOSE', id)
  return undefined
}

async function askComparison(
  { relay, signal }: MirrorState,
  id: string,
  frame: ForeignFrame,
  isFirst: boolean,
): Promise<{ readonly message: Uint8Array } | { readonly refusal: string }> {
  try {
    return await relay.ask(
      frame,
      ([type, of, text]) => {
        if (type === 'NEG-MSG' && of === id)
          return typeof text === 'string' && /^(?:[0-9a-f]{2})*$/i.test(text)
            ? { message: fromHex(text.toLowerCase()) }
            : { refusal: 'its message is no hexadecimal' }
        if ((type === 'NEG-ERR' || type === 'CLOSED') && of === id) return { refusal: String(text) }
        // Some say in this way that they do not know of it.
        return type === 'NOTICE' && isFirst ? { refusal: String(of) } : undefined
      },
      signal,
    )
  } catch (error) {
    // And some say nothing.
    if (isFirst && errorCode(error) === 'timeout') return { refusal: 'it does not answer' }
    throw error
  }
}

/** Gets events by their ids. */
async function fetch(state: MirrorState, ids: readonly string[]): Promise<void> {
  state.missing += ids.length
  const parts = Array.from({ length: Math.ceil(ids.length / IDS_TOGETHER) }, (_, i) => ids.slice(i * IDS_TOGETHER, (i + 1) * IDS_TOGETHER))
  for (let i = 0; i < parts.length; i += REQUESTS_AT_ONCE) {
    await Promise.all(
      parts.slice(i, i + REQUESTS_AT_ONCE).map(async (part) => {
        let left = part
        // Some give no more at a time than they like.
        for (let isMore = true; isMore && left.length > 0; ) {
          const { events } = await request(state, { ids: left, limit: left.length })
          const came = await state.store(events)
          const rest = left.filter((one) => !came.has(one))
          isMore = rest.length < left.length
          left = rest
        }
        state.lose(left)
      }),
    )
  }
}

/** Reads from the newest to the oldest. */
async function readPages(state: MirrorState, filter: NostrFilter, from: number | undefined): Promise<void> {
  const first = Math.min(from ?? Number.MAX_SAFE_INTEGER, filter.until ?? Number.MAX_SAFE_INTEGER)
  let until = first === Number.MAX_SAFE_INTEGER ? undefined : first
  let seen: ReadonlySet<string> = new Set()
  for (;;) {
    const { events, isFinished } = await request(state, { ...filter, limit: PAGE, ...(until === undefined ? {} : { until }) })
    const came = await state.store(events)
    const oldest = Math.min(...events.map(createdAt))
    const isNew = [...came].some((id) => !seen.has(id))
    if (isFinished || events.length === 0 || oldest <= (filter.since ?? 0) || oldest === Number.MAX_SAFE_INTEGER) return
    // The last second is asked for again, as its events may have been cut; where that brings nothing new, the one before.
    until = isNew ? oldest : Math.min(oldest, until ?? oldest) - 1
    seen = came
    state.until = until
    if (until < 0) return
  }
}

interface Answered {
  readonly events: readonly unknown[]
  readonly isFinished: boolean
}

async function request({ relay, signal }: MirrorState, filter: NostrFilter): Promise<Answered> {
  const id = relay.newId()
  const events: unknown[] = []
  const answer = await relay.ask<Answered | { readonly refusal: string }>(
    ['REQ', id, wireFilter(filter)],
    ([type, of, value]) => {
      if (of !== id) return undefined
      if (type === 'CLOSED') return { refusal: String(value) }
      if (type === 'EOSE') return { events, isFinished: Array.isArray(value) && value.includes('finish') }
      if (type !== 'EVENT') return undefined
      // More than was asked for is not held.
      if (events.length < 10 * PAGE) events.push(value)
      return true
    },
    signal,
  )
  if ('refusal' in answer) throw new DocstoreError('not-allowed', `The relay refuses to give events: ${answer.refusal}`)
  relay.send('CLOSE', id)
  return answer
}

/** Sends events of here. */
async function send(state: MirrorState, ids: readonly string[]): Promise<void> {
  for (let i = 0; i < ids.length; i += SENT_AT_ONCE) {
    const part = ids.slice(i, i + SENT_AT_ONCE)
    const { events } = await state.nostr.page({ ids: part }, { limit: part.length })
    await Promise.all(events.map(({ json, id }) => sendOne(state, id, JSON.parse(json) as NostrEvent)))
    state.tell('compare')
  }
}

/** Sends everything, where nobody knows what the other side has. */
async function sendAll(state: MirrorState, filter: NostrFilter): Promise<void> {
  let after: { readonly created_at: number; readonly id: string } | undefined
  do {
    const { events, end } = await state.nostr.page(filter, { limit: SENT_AT_ONCE, ...(after === undefined ? {} : { after }) })
    await Promise.all(events.map(({ json, id }) => sendOne(state, id, JSON.parse(json) as NostrEvent)))
    state.tell('page')
    after = end
  } while (after !== undefined)
}

async function sendOne(state: MirrorState, id: string, event: NostrEvent): Promise<void> {
  state.sent++
  const { isTaken } = await state.relay.ask(
    ['EVENT', event],
    ([type, of, isTaken]) => (type === 'OK' && of === id ? { isTaken: isTaken === true } : undefined),
    state.signal,
  )
  if (isTaken) state.taken++
}

/** How far a mirror is, and what it works with. */
class MirrorState {
  readonly nostr: ReplicaNostr
  readonly relay: ForeignRelay
  readonly signal: AbortSignal | undefined
  missing = 0
  sent = 0
  taken = 0
  until: number | undefined
  #fetched = 0
  #stored = 0
  #lost: string[] = []
  #lostCount = 0
  readonly #outcomes: Partial<Record<NostrOutcome | 'unreadable' | 'elsewhere', number>> = {}
  readonly #onProgress: ((progress: MirrorProgress) => void) | undefined

  constructor(
    nostr: ReplicaNostr,
    relay: ForeignRelay,
    onProgress: ((progress: MirrorProgress) => void) | undefined,
    signal: AbortSignal | undefined,
  ) {
    this.nostr = nostr
    this.relay = relay
    this.#onProgress = onProgress
    this.signal = signal
  }

  /** Stores what came; the store checks it. Gives the ids of what could be read. */
  async store(values: readonly unknown[]): Promise<ReadonlySet<string>> {
    const events: NostrEvent[] = []
    for (const value of values) {
      const read = readEvent(value)
      if (read.ok) events.push(read.value)
      else this.#outcomes.unreadable = (this.#outcomes.unreadable ?? 0) + 1
    }
    // What its author asked of the relay that is mirrored, he did not ask here.
    const meant = events.filter((event) => event.kind !== VANISH || vanishRelays(event).includes('ALL_RELAYS'))
    if (meant.length < events.length) this.#outcomes.elsewhere = (this.#outcomes.elsewhere ?? 0) + events.length - meant.length
    const outcomes = await this.nostr.put(meant)
    for (const outcome of outcomes) this.#outcomes[outcome] = (this.#outcomes[outcome] ?? 0) + 1
    this.#fetched += events.length
    this.#stored += outcomes.filter((outcome) => outcome === 'stored').length
    this.tell(this.missing > 0 ? 'compare' : 'page')
    return new Set(events.map(({ id }) => id))
  }

  lose(ids: readonly string[]): void {
    this.#lostCount += ids.length
    this.#lost.push(...ids.slice(0, 100 - this.#lost.length))
  }

  tell(by: MirrorProgress['by']): void {
    this.#onProgress?.(this.#progress(by))
  }

  done(by: MirrorProgress['by'], reason: string | undefined): Mirrored {
    return {
      ...this.#progress(by),
      lost: this.#lost,
      lostCount: this.#lostCount,
      outcomes: this.#outcomes,
      ...(reason === undefined ? {} : { reason }),
    }
  }

  #progress(by: MirrorProgress['by']): MirrorProgress {
    const { missing, sent, taken, until } = this
    return { by, ...(until === undefined ? {} : { until }), missing, fetched: this.#fetched, stored: this.#stored, sent, taken }
  }
}

/** A filter as it is written. */
function wireFilter({ tags = {}, ...rest }: NostrFilter): object {
  return { ...rest, ...Object.fromEntries(Object.entries(tags).map(([letter, values]) => [`#${letter}`, values])) }
}

function createdAt(event: unknown): number {
  const at = typeof event === 'object' && event !== null && 'created_at' in event && 'id' in event && isHex32(event.id) ? event.created_at : undefined
  return typeof at === 'number' && Number.isSafeInteger(at) && at >= 0 ? at : Number.MAX_SAFE_INTEGER
}
