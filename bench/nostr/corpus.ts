import { createHash } from 'node:crypto'
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { initNostrWasm } from 'nostr-wasm'

/** An event as the benchmark needs it: what filters look at, and its JSON. */
export interface CorpusEvent {
  readonly id: string
  readonly pubkey: string
  readonly created_at: number
  readonly kind: number
  readonly tags: readonly (readonly string[])[]
  readonly json: string
}

/** Form of the corpus: a change of it makes another one. */
const FORM = 1
const SEED = 1337
/** Unix seconds of the last event; the others lie before it, five seconds apart on average. */
const END = 1_760_000_000
const SPACING = 5
/** Events for each author, on average. How much one writes falls with its rank (Zipf). */
const EVENTS_PER_AUTHOR = 40
const WORDS = 'relay note bitcoin coffee morning garden music river code photo market travel winter bread paper signal open moon friend city'.split(
  ' ',
)
const TOPICS = ['nostr', 'bitcoin', 'art', 'music', 'food', 'code', 'photography', 'travel']

/**
 * Events that are the same on every machine: 62 % notes, of which half answer another one, 22 % reactions, 5 % reposts, 4 % profiles and lists, 4 % long texts, 3 %
 * sealed messages. Kept in the temporary folder once they are made: signing takes longer than most of what is measured.
 */
export async function corpusOf(count: number): Promise<{ readonly events: readonly CorpusEvent[]; readonly fingerprint: string }> {
  const folder = join(tmpdir(), 'docstore-nostr-corpus')
  const file = join(folder, `${FORM}-${count}.jsonl`)
  const lines = readLines(file) ?? (await makeLines(count, folder, file))
  const events = lines.map((json) => ({ ...(JSON.parse(json) as Omit<CorpusEvent, 'json'>), json }))
  const hash = createHash('sha256')
  for (const { id } of events) hash.update(id, 'hex')
  return { events, fingerprint: hash.digest('hex').slice(0, 16) }
}

function readLines(file: string): readonly string[] | undefined {
  try {
    return readFileSync(file, 'utf8').trimEnd().split('\n')
  } catch {
    return undefined
  }
}

async function makeLines(count: number, folder: string, file: string): Promise<readonly string[]> {
  const wasm = await initNostrWasm()
  const random = randomOf(SEED)
  const authors = Array.from({ length: Math.max(10, Math.floor(count / EVENTS_PER_AUTHOR)) }, (_, rank) => authorOf(rank, wasm))
  const made: { readonly id: string; readonly pubkey: string }[] = []
  const lines: string[] = []
  for (let n = 0; n < count; n++) {
    // 1/x of a uniform number: a few write much, most a little.
    const rank = Math.min(authors.length - 1, Math.floor(authors.length ** random()) - 1)
    const { secret, pubkey } = authors[Math.max(0, rank)] ?? authors[0] ?? { secret: new Uint8Array(), pubkey: '' }
    const recent = made.length === 0 ? undefined : made[made.length - 1 - Math.floor(Math.min(made.length, 500) * random())]
    const event = {
      pubkey,
      created_at: END - (count - n) * SPACING + Math.floor(random() * SPACING),
      ...bodyOf(random, recent, authors),
      id: '',
      sig: '',
    }
    wasm.finalizeEvent(event, secret)
    made.push({ id: event.id, pubkey })
    const { id, created_at, kind, tags, content, sig } = event
    lines.push(JSON.stringify({ id, pubkey, created_at, kind, tags, content, sig }))
    if (n % 50_000 === 49_999) console.error(`${n + 1} events of the corpus are signed`)
  }
  mkdirSync(folder, { recursive: true })
  writeFileSync(`${file}.part`, lines.join('\n'))
  renameSync(`${file}.part`, file)
  return lines
}

type Author = { readonly secret: Uint8Array; readonly pubkey: string }
type Made = { readonly id: string; readonly pubkey: string } | undefined

function authorOf(rank: number, wasm: Awaited<ReturnType<typeof initNostrWasm>>): Author {
  const secret = createHash('sha256').update(`author ${SEED} ${rank}`).digest()
  return { secret, pubkey: Buffer.from(wasm.getPublicKey(secret)).toString('hex') }
}

function bodyOf(random: () => number, recent: Made, authors: readonly Author[]): { kind: number; tags: string[][]; content: string } {
  const dice = random()
  const text = (words: number): string => Array.from({ length: words }, () => WORDS[Math.floor(random() * WORDS.length)]).join(' ')
  const other = authors[Math.floor(random() * authors.length)]?.pubkey ?? ''
  const about =
    recent === undefined
      ? []
      : [
          ['e', recent.id],
          ['p', recent.pubkey],
        ]
  const topic = random() < 0.15 ? [['t', TOPICS[Math.floor(random() * TOPICS.length)] ?? '']] : []
  if (dice < 0.62) return { kind: 1, tags: [...(random() < 0.5 ? about : []), ...topic], content: text(5 + Math.floor(random() * 40)) }
  if (dice < 0.84) return { kind: 7, tags: about, content: '+' }
  if (dice < 0.89) return { kind: 6, tags: about, content: '' }
  if (dice < 0.91) return { kind: 0, tags: [], content: JSON.stringify({ name: text(1), about: text(10) }) }
  if (dice < 0.93)
    return { kind: 3, tags: Array.from({ length: 50 }, () => ['p', authors[Math.floor(random() * authors.length)]?.pubkey ?? '']), content: '' }
  if (dice < 0.97) return { kind: 30_023, tags: [['d', `text-${Math.floor(random() * 1000)}`], ...topic], content: text(200) }
  return { kind: 1059, tags: [['p', other]], content: text(60) }
}

/** Mulberry32. */
function randomOf(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let t = Math.imul(state ^ (state >>> 15), 1 | state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296
  }
}

/** Those that a relay still has of a corpus that was published whole: of what is replaced, the newest. */
export function standing(events: readonly CorpusEvent[]): readonly CorpusEvent[] {
  const newest = new Map<string, CorpusEvent>()
  for (const event of events) {
    const place = placeOf(event)
    const before = newest.get(place)
    if (before === undefined || event.created_at > before.created_at || (event.created_at === before.created_at && event.id < before.id))
      newest.set(place, event)
  }
  return [...newest.values()]
}

function placeOf({ id, kind, pubkey, tags }: CorpusEvent): string {
  if (kind === 0 || kind === 3 || (kind >= 10_000 && kind < 20_000)) return `${kind}:${pubkey}`
  if (kind >= 30_000 && kind < 40_000) return `${kind}:${pubkey}:${tags.find(([name]) => name === 'd')?.[1] ?? ''}`
  return id
}
