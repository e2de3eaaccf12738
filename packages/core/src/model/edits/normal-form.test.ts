import { describe, expect, it } from 'vitest'
import { sha256 } from '#crypto'
import { toHex } from '../bytes.ts'
import { canonicalJson } from '../content.ts'
import type { Json } from '../json/json-value.ts'
import { MAX_CONTENT_BYTES, MAX_EDITS, MAX_LOSERS, MAX_SEEN_AUTHORS } from '../limits.ts'
import { type SeededRandom, seededRandom } from '../../testing/random.ts'
import { encodeEdit } from './edit-content.ts'
import { isEditPath, pathsMeet } from './edit-path.ts'
import { mergedContent } from './merged.ts'
import { type DocumentVersion, normalForm } from './normal-form.ts'
import { authorTag, hasSeen, readSeen, type Seen, seenBy, seenList, type SeenVersion } from './seen.ts'
import { fc } from '../../testing/fast-check.ts'

interface Version extends DocumentVersion {
  readonly path: readonly string[]
  readonly content: string
}

const authors = Array.from({ length: 4 }, (_, n) => new Uint8Array(34).fill(n + 1, 2))
const [author = new Uint8Array(34)] = authors

function unitOf(path: readonly string[] | null): string {
  return toHex(sha256(JSON.stringify(path)).subarray(0, 16))
}

interface Said extends SeenVersion {
  readonly path: readonly string[] | null
  readonly value: Json | undefined
  readonly seen?: Seen | undefined
}

function versionOf({ path, value, at, by, seen }: Said): Version {
  const content = path === null ? canonicalJson({ _id: 'x', ...(value !== undefined && { a: value }) }) : encodeEdit('x', value)
  const unit = unitOf(path)
  const hash = sha256(`${unit} ${at} ${content} ${by.join()} ${JSON.stringify(seen)}`)
  return { unit, isEdit: path !== null, at, by, hash, path: path ?? [], content, ...(seen && { seen }) }
}

const times = { min: 1, max: 12 }
/** What somebody may claim to have seen, true or not. */
const anySeen: fc.Arbitrary<Seen> = fc.record({
  base: fc.constantFrom(0, 0, 3),
  authors: fc
    .uniqueArray(
      fc.record({ by: fc.constantFrom(...authors), to: fc.integer({ min: 3, max: 12 }), but: fc.uniqueArray(fc.integer(times), { maxLength: 2 }) }),
      {
        selector: ({ by }) => by,
        maxLength: 3,
      },
    )
    .map((list) => list.map(({ by, to, but }) => ({ tag: authorTag(by), to, but }))),
})

/** Few times and paths, so that everything meets. */
const version: fc.Arbitrary<Version> = fc
  .record({
    path: fc.option(fc.array(fc.constantFrom('a', 'b', 'c'), { minLength: 1, maxLength: 2 })),
    at: fc.integer(times),
    by: fc.constantFrom(...authors),
    value: fc.option(fc.oneof(fc.integer({ min: 0, max: 9 }), fc.constantFrom({ a: 1 }, { b: { c: 2 } }, [1])), { nil: undefined }),
    seen: fc.option(anySeen, { nil: undefined }),
  })
  .map(versionOf)

const many = fc.array(version, { maxLength: 40 })

/** The records that stay, as a list. */
function kept(records: readonly Version[]): readonly Version[] {
  const { base, edits, losers } = normalForm(records)
  return [...losers, ...(base === undefined ? [] : [base]), ...edits]
}

function shown(records: readonly Version[]): string {
  const { base, edits } = normalForm(records)
  return base === undefined ? 'none' : mergedContent(base.content, edits)
}

/** As they arrive, some at a time. */
function arrived(records: readonly Version[], random: SeededRandom): readonly Version[] {
  let set: readonly Version[] = []
  const order = [...records, ...records.filter(() => random.chance(0.2))].map((one) => ({ one, key: random.next() })).sort((a, b) => a.key - b.key)
  for (let at = 0; at < order.length; ) set = kept([...set, ...order.slice(at, (at += 1 + random.below(3))).map(({ one }) => one)])
  return set
}

/** Peers that write what they want and say truly what they had seen, and pass on all that they have, or a part; gives all that was written. */
function history(random: SeededRandom): readonly Version[] {
  const sets = authors.map((): readonly Version[] => [])
  const all: Version[] = []
  let clock = 0
  for (let step = 8 + random.below(20); step >= 0; step--) {
    const me = random.below(authors.length)
    const by = authors[me] ?? author
    const { base, edits, losers } = normalForm(sets[me] ?? [])
    if (random.chance(0.5)) {
      const from = sets[random.below(authors.length)] ?? []
      sets[me] = kept([...(sets[me] ?? []), ...(random.chance(0.7) ? from : from.filter(() => random.chance(0.5)))])
      continue
    }
    const path = base === undefined || random.chance(0.4) ? null : [random.pick(['a', 'b', 'c'])]
    clock += 1
    // Clocks differ, but a writer is later than what he has.
    const at = Math.max(clock + random.below(6), ...(sets[me] ?? []).map((one) => one.at + 1))
    const unit = unitOf(path)
    const replaced = [...(base === undefined ? [] : [base]), ...edits].filter((one) => path === null || one.unit === unit)
    const settles = random.chance(0.2)
    const lost = losers.filter((one) => path === null || one.unit === unit)
    const seen = seenBy({ at, by }, settles ? { versions: [...replaced, ...lost] } : { versions: replaced, open: lost })
    const written = versionOf({ path, value: step, at, by, seen })
    all.push(written)
    sets[me] = kept([...(sets[me] ?? []), written])
  }
  return all
}

describe('the records of a document that are kept', () => {
  it('are the same however they are grouped, ordered and repeated, where everybody says what he had seen', () => {
    let conflicts = 0
    for (let seed = 1; seed <= 1000; seed++) {
      const random = seededRandom(seed)
      const all = history(random)
      const expected = kept(all)
      conflicts += normalForm(all).losers.length
      for (let round = 0; round < 3; round++) expect(arrived(all, random), `seed ${seed}`).toEqual(expected)
      const part = all.filter(() => random.chance(0.5))
      expect(kept([...kept(part), ...kept(all)])).toEqual(expected)
      expect(kept(expected)).toEqual(expected)
    }
    // It is about something.
    expect(conflicts).toBeGreaterThan(500)
  })

  it('make one document in whatever order they come, and are one set once peers have exchanged what they have, whatever anybody claims to have seen', () => {
    fc.assert(
      fc.property(many, fc.integer(), (records, seed) => {
        const random = seededRandom(seed)
        const peers = [arrived(records, random), arrived(records, random), kept(records)]
        for (const set of peers) expect(shown(set)).toBe(shown(records))
        // Each round settles at least the newest version that is still open.
        for (let round = 0; round <= records.length; round++)
          for (const me of peers.keys()) for (const other of peers) peers[me] = kept([...(peers[me] ?? []), ...other])
        expect(peers[1]).toEqual(peers[0])
        expect(peers[2]).toEqual(peers[0])
      }),
      { numRuns: 500 },
    )
  })

  it('are no more than the newest 128 edits and the newest 16 losers, in whatever order more of them come', () => {
    const edits = Array.from({ length: 3 * MAX_EDITS }, (_, i) => versionOf({ path: [`f${i}`], value: i, at: 1 + ((i * 7) % 50), by: author }))
    const expected = kept(edits)
    expect(expected).toHaveLength(MAX_EDITS)
    const strangers = Array.from({ length: 100 }, (_, i) =>
      versionOf({ path: i % 3 === 0 ? null : ['a'], value: i, at: 1 + ((i * 7) % 101), by: new Uint8Array(34).fill(i, 2) }),
    )
    const lost = kept(strangers)
    expect(lost).toHaveLength(MAX_LOSERS + normalForm(strangers).edits.length + 1)
    for (const [all, wanted] of [
      [edits, expected],
      [strangers, lost],
    ] as const)
      for (const order of [all.toReversed(), all.toSorted((a, b) => a.at - b.at), all.toSorted((a, b) => b.at - a.at)])
        expect(order.reduce<readonly Version[]>((set, one) => kept([...set, one]), [])).toEqual(wanted)
  })

  it('make the same document in whatever order they lie', () => {
    fc.assert(
      fc.property(many, fc.infiniteStream(fc.nat()), (records, numbers) => {
        const { edits } = normalForm(records)
        const shuffled = edits.map((one) => ({ one, key: numbers.next().value ?? 0 })).sort((x, y) => x.key - y.key)
        const content = '{"_id":"x","a":{"b":1},"c":[1]}'
        expect(
          mergedContent(
            content,
            shuffled.map(({ one }) => one),
          ),
        ).toBe(mergedContent(content, edits))
      }),
    )
  })
})

describe('a version that lost', () => {
  const [ada, ben, cleo] = authors as [Uint8Array, Uint8Array, Uint8Array]
  const put = (by: Uint8Array, at: number, options: { readonly over?: readonly Version[]; readonly open?: readonly Version[] } = {}): Version =>
    versionOf({ path: null, value: at, at, by, seen: seenBy({ at, by }, { versions: options.over ?? [], open: options.open ?? [] }) })
  const set = (by: Uint8Array, at: number, field: string, over: readonly Version[] = []): Version =>
    versionOf({ path: [field], value: at, at, by, seen: seenBy({ at, by }, { versions: over }) })
  const losersOf = (...records: readonly Version[]): readonly Version[] => normalForm(records).losers

  it('stays until somebody says that he has seen it', () => {
    const [first, second] = [put(ada, 1), put(ben, 2)]
    expect(losersOf(first, second)).toEqual([first])
    const over = put(cleo, 3, { over: [second], open: [first] })
    expect(losersOf(first, second, over)).toEqual([first])
    expect(losersOf(first, second, over, put(ada, 4, { over: [over] }))).toEqual([])
    expect(losersOf(first, second, over, put(ben, 4, { over: [over], open: [first] }))).toEqual([first])
    expect(losersOf(first, second, over, put(ben, 4, { over: [over, first] }))).toEqual([])
  })

  it('is none where its author wrote later, or the later one was written over it', () => {
    const first = put(ada, 1)
    expect(losersOf(first, put(ada, 2))).toEqual([])
    const second = put(ben, 2, { over: [first] })
    expect(losersOf(first, second)).toEqual([])
    // What a version has seen, whoever writes over it has seen too.
    expect(losersOf(first, put(cleo, 3, { over: [second] }))).toEqual([])
  })

  it('is one of a field, or one that a whole version covers', () => {
    const first = put(ada, 1)
    const [a, b] = [set(ada, 2, 'a'), set(ben, 3, 'a')]
    expect(losersOf(first, a, b)).toEqual([a])
    expect(losersOf(first, a, set(ben, 3, 'b'))).toEqual([])
    const whole = put(cleo, 4, { over: [first] })
    // A whole version of Ada's has been seen; what she wrote later has not.
    expect(losersOf(first, a, b, whole)).toEqual([a, b])
    // A field that was changed later stands, and so does what it did not know.
    expect(losersOf(first, whole, set(ben, 5, 'a'))).toEqual([])
  })
})

describe('what a version has seen', () => {
  it('is nothing by others where there are none, and holds no more than there is room for', () => {
    const versions = Array.from({ length: 40 }, (_, i) => versionOf({ path: [`f${i}`], value: i, at: i + 1, by: new Uint8Array(34).fill(i + 1, 2) }))
    expect(seenBy({ at: 50, by: author }, { versions: versions.slice(0, 1) })).toBeUndefined()
    const seen = seenBy({ at: 50, by: new Uint8Array(34).fill(99, 2) }, { versions, open: versions.slice(0, 30) })
    if (seen === undefined) throw new Error('it has seen something')
    expect(seen.authors.length).toBeLessThanOrEqual(MAX_SEEN_AUTHORS)
    expect(seen.authors.flatMap(({ but }) => but)).toHaveLength(MAX_LOSERS)
    expect(readSeen(seenList(seen), 50)).toEqual(seen)
    const later = { at: 50, by: new Uint8Array(34).fill(99, 2), seen }
    // Too many: the oldest are told no longer, and nothing else is told that was seen.
    expect(versions.map((one) => hasSeen(later, one))).toEqual(versions.map((_, i) => i < 30 - MAX_LOSERS || i >= 30))
  })

  it('reads back as it was written, and not what is malformed or later than its version', () => {
    fc.assert(
      fc.property(many, many, fc.constantFrom(...authors), (versions, open, by) => {
        const seen = seenBy({ at: 12, by }, { versions, open })
        if (seen !== undefined) expect(readSeen(seenList(seen), 12)).toEqual(seen)
      }),
    )
    const tag = authorTag(ada())
    const after = Uint8Array.from(tag, (byte) => byte + 1)
    for (const list of [
      [],
      [0],
      [3],
      'x',
      null,
      [1.5],
      [-1],
      [0, []],
      [0, [tag]],
      [0, [tag, 0]],
      [2, [tag, 1]],
      [2, [tag, 2]],
      [0, [tag.subarray(1), 1]],
      [0, [tag, 1, 2]],
      [0, [tag, 2, 1, 1]],
      [0, [tag, 2, 2, 1]],
      [0, [after, 1], [tag, 1]],
      [0, [tag, 1], [tag, 2]],
      [0, [tag, 3]],
      [0, [tag, 2, ...Array.from({ length: MAX_LOSERS + 1 }, (_, i) => i)]],
      [0, ...Array.from({ length: MAX_SEEN_AUTHORS + 1 }, (_, i) => [new Uint8Array(8).fill(i), 1])],
    ]) // prettier-ignore
      expect(readSeen(list, 2), JSON.stringify(list)).toBeUndefined()
    for (const list of [[2], [0, [tag, 2]], [1, [tag, 2, 0, 2], [after, 1, 1]], [0, [tag, 0, 0]]]) expect(readSeen(list, 2)).toBeDefined()
  })

  function ada(): Uint8Array {
    return author
  }
})

describe('a document with edits', () => {
  const merge = (document: object, ...edits: readonly (readonly [path: string, value: unknown])[]): unknown => {
    const records = edits.map(([path, value], at) => ({ at, hash: sha256(`${at}`), path: path.split('.'), content: encodeEdit('x', value as never) }))
    return JSON.parse(mergedContent(canonicalJson({ _id: 'x', ...document }), records))
  }

  it('has the fields that they set, and not those that they take away', () => {
    expect(merge({ a: 1, b: { c: 1, d: 2 } }, ['b.c', 5], ['a', undefined], ['e.f.g', null])).toEqual({
      _id: 'x',
      b: { c: 5, d: 2 },
      e: { f: { g: null } },
    })
  })

  it('passes over what leads through something that is no object, and makes nothing to take away from', () => {
    expect(merge({ a: 1, list: [{ b: 1 }], n: null }, ['a.b', 1], ['list.0', 2], ['list.0.b', 2], ['n.x', 1], ['none.x', undefined])).toEqual({
      _id: 'x',
      a: 1,
      list: [{ b: 1 }],
      n: null,
    })
    expect(merge({}, ['toString.x', 1], ['constructor', 2])).toEqual({ _id: 'x', toString: { x: 1 }, constructor: 2 })
  })

  it('never becomes larger than documents are: what does not fit is passed over, and what fits after that is not', () => {
    const big = 'é'.repeat(15_000)
    const names = Array.from({ length: 6 }, (_, i) => [`f${i}`, big] as const)
    const merged = merge({}, ...names, ['small', 1], ['f0', undefined], ['last', big]) as Record<string, unknown>
    expect(Object.keys(merged).toSorted()).toEqual(['_id', 'f1', 'f2', 'f3', 'last', 'small'])
    expect(new TextEncoder().encode(canonicalJson(merged)).length).toBeLessThanOrEqual(MAX_CONTENT_BYTES)
  })

  it('has exactly the size at which the last one fits', () => {
    const rest = MAX_CONTENT_BYTES - canonicalJson({ _id: 'x', a: '', b: { c: '' } }).length
    const part = 30_000
    const edits = (last: number): readonly (readonly [string, string])[] => [
      ['a', 'x'.repeat(part)],
      ['b.c', 'y'.repeat(last)],
    ]
    const fill = 'z'.repeat(rest - 2 * part - ',"d":""'.length)
    expect(canonicalJson(merge({ d: fill }, ...edits(part))).length).toBe(MAX_CONTENT_BYTES)
    expect(merge({ d: fill }, ...edits(part + 1))).not.toHaveProperty('b')
  })
})

describe('the path of an edit', () => {
  it('is one that every peer takes, or none', () => {
    for (const path of [['a'], ['a', '_id'], ['0'], ['a b', 'é'], Array.from({ length: 16 }, () => 'a'), ['x'.repeat(196)]])
      expect(isEditPath(path), path.join('.')).toBe(true)
    for (const path of [
      [],
      [''],
      ['_id'],
      ['_id', 'a'],
      ['a', ''],
      ['/'],
      ['a', '__proto__'],
      ['\ud800'],
      ['\ufeffa'],
      Array.from({ length: 17 }, () => 'a'),
      ['x'.repeat(197)],
    ])
      expect(isEditPath(path), path.join('.')).toBe(false)
  })

  it('meets one that it leads to', () => {
    expect([pathsMeet(['a'], ['a', 'b']), pathsMeet(['a', 'b'], ['a']), pathsMeet(['a', 'b'], ['a', 'c'])]).toEqual([true, true, false])
  })
})
