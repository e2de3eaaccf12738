import { expect, it } from 'vitest'
import { toHex } from '../../model/bytes.ts'
import type { NostrEvent } from '../../model/nostr/event.ts'
import { kindClass } from '../../model/nostr/kinds.ts'
import { coordinateOf } from '../../model/nostr/tags.ts'
import { openNodeStorage } from '../../storage/open-node.ts'
import type { NostrEnd, NostrFilter, NostrGate } from '../../storage/nostr/types.ts'
import { EVENT_TIME, matching, testAuthor, unsignedEvent } from '../../testing/nostr-events.ts'
import { type SeededRandom, seededRandom } from '../../testing/random.ts'
import { openReplica } from '../open-replica.ts'
import type { ReplicaNostr } from './types.ts'

const NOW = (EVENT_TIME + 100_000) * 1000
const VERIFIED = { isVerified: true } as const
const authors = Array.from({ length: 6 }, (_, i) => testAuthor(`author ${i}`).pubkey)
const LETTERS = ['e', 'p', 't', 'T', 'd'] as const
const VALUES = ['', 'a', 'A', 'long '.repeat(30), 'ends in \0', ...authors.slice(0, 3)]

async function openNostr(): Promise<{ readonly nostr: ReplicaNostr; readonly close: () => Promise<void> }> {
  const replica = await openReplica(openNodeStorage(':memory:'), { now: () => NOW })
  return { nostr: await replica.nostr(), close: () => replica.close() }
}

function randomEvent(random: SeededRandom): NostrEvent {
  const kind = random.pick([0, 1, 1, 1, 3, 4, 7, 1059, 10_002, 30_023])
  const tags = Array.from({ length: random.below(5) }, () => [
    random.pick([...LETTERS, 'long', '-']),
    ...(random.chance(0.9) ? [random.pick(VALUES)] : []),
  ])
  return unsignedEvent(random.pick(authors), { kind, tags, created_at: EVENT_TIME + random.below(12), content: String(random.below(1000)) })
}

function randomFilter(random: SeededRandom, events: readonly NostrEvent[]): NostrFilter {
  const some = <T>(items: readonly T[]): T[] => Array.from({ length: 1 + random.below(3) }, () => random.pick(items))
  return {
    ...(random.chance(0.1) && { ids: [...some(events).map(({ id }) => id), '0'.repeat(64)] }),
    ...(random.chance(0.4) && { authors: [...some(authors), ...(random.chance(0.2) ? ['f'.repeat(64)] : [])] }),
    ...(random.chance(0.4) && { kinds: some([0, 1, 3, 4, 7, 1059, 10_002, 30_023, 9999]) }),
    ...(random.chance(0.4) && { tags: Object.fromEntries(some(LETTERS).map((letter) => [letter, some(VALUES)])) }),
    ...(random.chance(0.3) && { since: EVENT_TIME + random.below(12) }),
    ...(random.chance(0.3) && { until: EVENT_TIME + random.below(12) }),
  }
}

/** What of some events stands in the end: the newest of each replaceable one, and of one second that with the lowest id. */
function standing(events: readonly NostrEvent[]): readonly NostrEvent[] {
  const best = new Map<string, NostrEvent>()
  for (const event of events) {
    const unit = coordinateOf(event) ?? event.id
    const other = best.get(unit)
    if (other === undefined || event.created_at > other.created_at || (event.created_at === other.created_at && event.id < other.id))
      best.set(unit, event)
  }
  return [...best.values()]
}

async function pages(nostr: ReplicaNostr, filter: NostrFilter, options: { readonly limit: number; readonly gate?: NostrGate }): Promise<string[]> {
  const found: string[] = []
  for (let after: NostrEnd | undefined; ; ) {
    const { events, end } = await nostr.page(filter, { ...options, ...(after === undefined ? {} : { after }) })
    expect(events.length).toBeLessThanOrEqual(options.limit)
    found.push(...events.map(({ json }) => (JSON.parse(json) as NostrEvent).id))
    if (end === undefined) return found
    after = end
  }
}

it.each([1, 2, 3])('pages, counts and sets are what looking at every event gives (seed %i)', async (seed) => {
  const random = seededRandom(seed)
  const { nostr, close } = await openNostr()
  const given = Array.from({ length: 400 }, () => randomEvent(random))
  for (let i = 0; i < given.length; i += 50) await nostr.put(given.slice(i, i + 50), VERIFIED)
  const events = standing(given)
  for (let round = 0; round < 250; round++) {
    const filter = randomFilter(random, events)
    const gate = random.chance(0.5) ? { kinds: [4, 1059], readers: random.chance(0.5) ? [random.pick(authors)] : [] } : undefined
    const right = matching(events, filter, gate)
    const asked = gate === undefined ? {} : { gate }
    const what = JSON.stringify({ seed, round, filter, gate })
    expect(await pages(nostr, filter, { limit: 1 + random.below(40), ...asked }), what).toEqual(right.map(({ id }) => id))
    expect(await nostr.count(filter, asked), what).toBe(right.length)
    expect([...(await nostr.authorsOf(filter, { max: 1000, ...asked }))].sort(), what).toEqual(right.map(({ pubkey }) => pubkey).sort())
    const set = await nostr.ids(filter, { max: right.length, ...asked })
    const rising = right.toSorted((a, b) => a.created_at - b.created_at || (a.id < b.id ? -1 : 1))
    expect(set && [...set.times], what).toEqual(rising.map(({ created_at }) => created_at))
    expect(set && toHex(set.ids), what).toBe(rising.map(({ id }) => id).join(''))
    if (right.length > 0) expect(await nostr.ids(filter, { max: right.length - 1, ...asked }), what).toBeUndefined()
  }
  await close()
})

it('pages through what many authors wrote, as few or as many of them write lately', async () => {
  const random = seededRandom(5)
  const { nostr, close } = await openNostr()
  const many = Array.from({ length: 160 }, () => toHex(random.bytes(32)))
  const events = Array.from({ length: 700 }, (_, i) => {
    const author = many[random.below(i < 350 ? 160 : 60)] ?? ''
    return unsignedEvent(author, { kind: random.pick([1, 7, 9]), created_at: EVENT_TIME + Math.floor(i / 3), content: String(i) })
  })
  for (let i = 0; i < events.length; i += 100) await nostr.put(events.slice(i, i + 100), VERIFIED)
  for (const filter of [{ authors: many.slice(0, 150), kinds: [1, 7] }, { authors: many.slice(60), kinds: [1, 7] }, { authors: many.slice(5) }])
    for (const limit of [1, 7, 100]) expect(await pages(nostr, filter, { limit })).toEqual(matching(events, filter).map(({ id }) => id))
  await close()
})

it('gives events as they were signed, with all that is escaped', async () => {
  const { nostr, close } = await openNostr()
  const alice = testAuthor('alice')
  const event = alice.sign({
    content: '"\\\0\u0001\u2028 é 🎉 ,"created_at":7',
    tags: [
      ['t', '"'],
      ['created_at', ':1'],
    ],
  })
  expect(await nostr.put([event])).toEqual(['stored'])
  const { events } = await nostr.page({ ids: [event.id] }, { limit: 1 })
  expect(events.map(({ json, ...rest }) => ({ ...rest, event: JSON.parse(json) as NostrEvent }))).toEqual([
    { id: event.id, pubkey: alice.pubkey, created_at: event.created_at, kind: 1, event },
  ])
  await close()
})

it('gives the newest of a set where its filter has a limit', async () => {
  const { nostr, close } = await openNostr()
  const events = Array.from({ length: 5 }, (_, i) => unsignedEvent(authors[0] ?? '', { created_at: EVENT_TIME + i }))
  await nostr.put(events, VERIFIED)
  expect([...((await nostr.ids({ limit: 2 }, { max: 2 }))?.times ?? [])]).toEqual([EVENT_TIME + 3, EVENT_TIME + 4])
  await close()
})

it('finds words, the best first, whatever their case and accents', async () => {
  const { nostr, close } = await openNostr()
  const note = (content: string, fields = {}): NostrEvent => unsignedEvent(authors[0] ?? '', { content, ...fields })
  const often = note('Réading reading READING')
  const once = note('reading is one word of many that stand in this longer note')
  const titled = note('nothing', {
    kind: 30_023,
    tags: [
      ['d', 'x'],
      ['title', 'On Reading'],
    ],
  })
  const secret = note('reading', { kind: 4 })
  await nostr.put([once, often, titled, secret, note('something else')], VERIFIED)
  const found = async (filter: NostrFilter) => (await nostr.page(filter, { limit: 10 })).events.map(({ id }) => id)
  expect((await found({ search: 'reading' }))[0]).toBe(often.id)
  expect(new Set(await found({ search: 'reading' }))).toEqual(new Set([often.id, once.id, titled.id]))
  expect(await found({ search: 'longer READING language:en' })).toEqual([once.id])
  expect(await found({ search: 'reading', kinds: [30_023] })).toEqual([titled.id])
  expect(await found({ search: '"' })).toEqual([])
  expect(await found({ search: 'NOT AND " OR (' })).toEqual([])
  expect(await nostr.count({ search: 'reading' })).toBe(3)
  expect((await found({ search: 'language:en' })).length).toBe(5)
  await close()
})

it('keeps nothing that is ephemeral, too large or of the future', async () => {
  const { nostr, close } = await openNostr()
  const of = (fields: Parameters<typeof unsignedEvent>[1]) => unsignedEvent(authors[0] ?? '', fields)
  expect(kindClass(20_000)).toBe('ephemeral')
  expect(
    await nostr.put(
      [
        of({ kind: 20_000 }),
        of({ content: 'x'.repeat(120 * 1024) }),
        of({ created_at: NOW / 1000 + 301 }),
        of({ created_at: 2 ** 40 }),
        of({ created_at: NOW / 1000 + 299 }),
        of({ tags: [['expiration', String(NOW / 1000 - 1)]] }),
      ],
      VERIFIED,
    ),
  ).toEqual(['malformed', 'too-large', 'future', 'future', 'stored', 'expired'])
  expect(await nostr.count({})).toBe(1)
  await close()
})

it('takes what is signed, and drops what is here before it looks at signatures', async () => {
  const { nostr, close } = await openNostr()
  const event = testAuthor('alice').sign({ content: 'signed' })
  const forged = { ...event, content: 'forged' }
  expect(await nostr.put([forged, { ...event, sig: event.sig.replace(/^./, (first) => (first === '0' ? '1' : '0')) }])).toEqual([
    'malformed',
    'bad-signature',
  ])
  let checked = 0
  nostr.verifyWith(async (checks) => {
    checked += checks.length
    return checks.map(() => true)
  })
  expect(await nostr.put([event, event])).toEqual(['stored', 'duplicate'])
  expect(await nostr.put([event, event])).toEqual(['duplicate', 'duplicate'])
  expect(checked).toBe(2)
  expect(await nostr.known([event.id, '0'.repeat(64)])).toEqual([true, false])
  await close()
})
