import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { Client } from './client.ts'
import { type CorpusEvent, standing } from './corpus.ts'
import { type Contestant, RunningRelay } from './relays.ts'

/** Connections that publish, and events of each that are on their way at once. */
const WRITERS = 4
const IN_FLIGHT = 256
/** Events that are kept for what is measured one by one. */
const KEPT = 400
/** How often each query is asked; the median counts. */
const QUERIES = 15
/** Subscriptions, and connections that have them. */
const SUBSCRIPTIONS = 1000
const SUBSCRIBERS = 20
/** Events that are published to them, the pause between two, and how long the last may be on its way, milliseconds. */
const LIVE_EVENTS = 100
const LIVE_PAUSE_MS = 20
const SETTLE_MS = 1000
const IDLE = 2000
const LIMIT = 500

export type NostrFigures = Readonly<Record<string, number | string>>

/** What a relay does with a corpus, on new data. */
export async function measureRelay(contestant: Contestant, corpus: readonly CorpusEvent[]): Promise<NostrFigures> {
  const data = mkdtempSync(join(tmpdir(), 'docstore-bench-nostr-'))
  try {
    await using relay = await RunningRelay.start(contestant, data)
    const [events, kept] = [corpus.slice(0, -KEPT), corpus.slice(-KEPT).filter(({ kind }) => kind === 1 || kind === 7)]
    return {
      ...(await ingest(relay, events)),
      ...(await queryable(relay, kept.slice(0, 80))),
      ...(await query(relay, [...events, ...kept.slice(0, 80)])),
      ...(await fanOut(relay, kept.slice(80, 80 + LIVE_EVENTS), corpus)),
      ...(await idle(relay)),
      'memory at the end, MB': relay.residentMb(),
    }
  } finally {
    rmSync(data, { recursive: true, force: true })
  }
}

async function ingest(relay: RunningRelay, events: readonly CorpusEvent[]): Promise<NostrFigures> {
  let [next, refused] = [0, 0]
  const began = performance.now()
  await Promise.all(
    Array.from({ length: WRITERS }, async () => {
      const client = await Client.open(relay.url)
      const line = async (): Promise<void> => {
        for (let event = events[next++]; event !== undefined; event = events[next++]) if (!(await client.publish(event.id, event.json))) refused++
      }
      await Promise.all(Array.from({ length: IN_FLIGHT }, line))
      client.close()
    }),
  )
  return { 'stored, events/s': (events.length * 1000) / (performance.now() - began), 'not taken': refused }
}

/** From sending until another connection finds it. */
async function queryable(relay: RunningRelay, events: readonly CorpusEvent[]): Promise<NostrFigures> {
  const [writer, reader] = await Promise.all([Client.open(relay.url), Client.open(relay.url)])
  const times: number[] = []
  for (const { id, json } of events) {
    const began = performance.now()
    const taken = writer.publish(id, json)
    while ((await reader.stored({ ids: [id] })) === 0);
    times.push(performance.now() - began)
    await taken
  }
  for (const client of [writer, reader]) client.close()
  return { 'sent to found, ms p50': at(times, 0.5) }
}

/** Ten questions as clients ask them, and how many events each gets by the corpus itself. */
async function query(relay: RunningRelay, events: readonly CorpusEvent[]): Promise<NostrFigures> {
  const here = standing(events)
  const byCount = new Map<string, number>()
  for (const { pubkey } of here) byCount.set(pubkey, (byCount.get(pubkey) ?? 0) + 1)
  const authors = [...byCount].toSorted(([, a], [, b]) => b - a).map(([pubkey]) => pubkey)
  const newest = Math.max(...here.slice(-1000).map(({ created_at }) => created_at))
  const note = here.findLast(({ kind }) => kind === 1)?.id ?? ''
  const [first = '', quiet = ''] = [authors[0], authors[authors.length >> 1]]
  const filters: Readonly<Record<string, object>> = {
    'newest notes': { kinds: [1], limit: LIMIT },
    'notes of one who writes much': { authors: [first], kinds: [1], limit: LIMIT },
    'all of one who writes little': { authors: [quiet], kinds: [0, 1, 3, 6, 7, 30_023], limit: LIMIT },
    'a feed of 150': { authors: authors.slice(0, 150), kinds: [1, 6], limit: 100 },
    'a feed of 150 quiet ones': { authors: authors.slice(-150), kinds: [1, 6], limit: 100 },
    'profiles of 100': { authors: authors.slice(0, 100), kinds: [0], limit: LIMIT },
    'answers to a note': { '#e': [note], kinds: [1, 7], limit: LIMIT },
    'who names somebody': { '#p': [first], kinds: [1, 6, 7], limit: 100 },
    'a topic': { '#t': ['nostr'], kinds: [1], limit: 100 },
    'an hour': { kinds: [1, 6, 7], since: newest - 3600, limit: LIMIT },
  }
  const client = await Client.open(relay.url)
  const figures: Record<string, number | string> = {}
  for (const [name, filter] of Object.entries(filters)) {
    const wanted = answerOf(filter as never, here)
    const times: number[] = []
    let got = 0
    for (let n = 0; n < QUERIES; n++) {
      const began = performance.now()
      got = await client.stored(filter)
      times.push(performance.now() - began)
    }
    figures[`query, ${name}, ms p50`] = got === wanted ? at(times, 0.5) : `${got} of ${wanted} events`
  }
  client.close()
  return figures
}

interface AskedFor {
  readonly authors?: readonly string[]
  readonly kinds: readonly number[]
  readonly since?: number
  readonly limit: number
  readonly [tag: `#${string}`]: readonly string[]
}

/** How many events match, by looking at each. */
function answerOf({ authors, kinds, since = 0, limit, ...tags }: AskedFor, events: readonly CorpusEvent[]): number {
  const wanted = authors && new Set(authors)
  let count = 0
  for (const event of events) {
    if (!kinds.includes(event.kind) || event.created_at < since || wanted?.has(event.pubkey) === false) continue
    const isTagged = Object.entries(tags).every(([name, values]) =>
      event.tags.some(([letter, value = '']) => `#${letter}` === name && values.includes(value)),
    )
    if (isTagged) count++
  }
  return Math.min(count, limit)
}

/** From sending until subscribers have it: where each asks for one author, and where all ask for the same. */
async function fanOut(relay: RunningRelay, events: readonly CorpusEvent[], corpus: readonly CorpusEvent[]): Promise<NostrFigures> {
  const authors = [...new Set([...events, ...corpus].map(({ pubkey }) => pubkey))]
  const half = events.length >> 1
  const apart = await published(relay, events.slice(0, half), (n) => ({ authors: [authors[n % authors.length]], limit: 0 }))
  const together = await published(relay, events.slice(half), () => ({ kinds: [1, 7], limit: 0 }))
  return {
    '1,000 subscriptions, each to one author: sent to seen, ms p50': at(apart, 0.5),
    '1,000 subscriptions to everything: sent to seen by half of them, ms p50': at(together, 0.5),
  }
}

async function published(relay: RunningRelay, events: readonly CorpusEvent[], filterOf: (n: number) => object): Promise<readonly number[]> {
  const sent = new Map<string, number>()
  const times: number[] = []
  const clients = await Promise.all(Array.from({ length: SUBSCRIBERS }, () => Client.open(relay.url)))
  const onEvent = (frame: string): void => {
    const began = sent.get(frame.slice(frame.indexOf('"id":"') + 6).slice(0, 64))
    if (began !== undefined) times.push(performance.now() - began)
  }
  for (let n = 0; n < SUBSCRIPTIONS; n++) await clients[n % SUBSCRIBERS]?.follow(filterOf(n), onEvent)
  const writer = await Client.open(relay.url)
  for (const { id, json } of events) {
    sent.set(id, performance.now())
    await writer.publish(id, json)
    await pause(LIVE_PAUSE_MS)
  }
  await pause(SETTLE_MS)
  for (const client of [writer, ...clients]) client.close()
  return times
}

/** What connections cost that say nothing. */
async function idle(relay: RunningRelay): Promise<NostrFigures> {
  const before = relay.residentMb()
  const clients: Client[] = []
  try {
    for (let n = 0; n < IDLE; n += 50) clients.push(...(await Promise.all(Array.from({ length: 50 }, () => Client.open(relay.url)))))
    await pause(SETTLE_MS)
    return { '2,000 idle connections, MB': relay.residentMb() - before }
  } catch (error) {
    return { '2,000 idle connections, MB': error instanceof Error ? error.message : String(error) }
  } finally {
    for (const client of clients) client.close()
  }
}

function at(values: readonly number[], part: number): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length * part)] ?? Number.NaN
}
