import { DatabaseSync } from 'node:sqlite'
import { describe, expect, it } from 'vitest'
import { canonicalJson, type Document } from '../../model/content.ts'
import type { Json } from '../../model/json/json-value.ts'
import { type Filter, parseFilter } from '../filter.ts'
import { matches } from '../match.ts'
import { QueryFunctions } from '../../storage/reading/query-functions.ts'
import { fieldIndex, indexedAt, KINDS } from './indexed.ts'
import { orderKey } from '../order.ts'
import { pathOf } from '../path.ts'
import { createIndexSql, type FieldIndex, type QueryScope } from './scope.ts'
import { compareBySort, parseSort, type Sort, sortValue, totalSort } from '../sort.ts'
import { compileCount, compileFind, type FindQuery } from './sql.ts'
import { loadRegexEngine } from '../regex.ts'
import { fc } from '../../testing/fast-check.ts'
import { samples } from '../../testing/samples.ts'

await loadRegexEngine()

type After = NonNullable<FindQuery['after']>

/** A database with the columns that queries touch, one collection and a neighbour that must never show up. */
class Table implements QueryScope, Disposable {
  readonly ns = 5
  readonly collection = "do'cs"
  readonly isMost: boolean
  readonly #db = new DatabaseSync(':memory:')
  readonly #functions: QueryFunctions
  readonly #documents = new Map<string, Document>()
  readonly #fields = new Map<string, { ix: number; kinds: number }>()

  constructor(documents: readonly Document[], indexes: readonly (readonly string[])[] = [], { pretendArrays = false, isMost = false } = {}) {
    this.isMost = isMost
    this.#db.exec(`
      CREATE TABLE records (rid INTEGER PRIMARY KEY, ns INTEGER NOT NULL, collection TEXT, id TEXT, content TEXT);
      CREATE INDEX records_by_id ON records (ns, collection, id) WHERE content IS NOT NULL;
      CREATE TABLE array_entries (ix INTEGER NOT NULL, value NOT NULL, rid INTEGER NOT NULL, PRIMARY KEY (ix, value, rid)) WITHOUT ROWID;
      CREATE INDEX array_entries_by_rid ON array_entries (rid)`)
    this.#functions = new QueryFunctions({
      exec: (sql) => this.#db.exec(sql),
      prepare: () => expect.unreachable(),
      createFunction: (name, call) => this.#db.function(name, { deterministic: true }, (a, b) => call(Number(a), String(b))),
      inTransaction: () => false,
      close: () => this.#db.close(),
    })
    for (const paths of indexes) {
      this.#db.exec(createIndexSql({ name: `by "${paths.join()}"`, ns: this.ns, collection: this.collection, paths }))
      for (const path of paths) {
        if (path !== '_id' && !this.#fields.has(path)) this.#fields.set(path, { ix: this.#fields.size + 1, kinds: pretendArrays ? KINDS.array : 0 })
      }
    }
    const insert = this.#db.prepare('INSERT INTO records (rid, ns, collection, id, content) VALUES (?, ?, ?, ?, ?)')
    const insertEntry = this.#db.prepare('INSERT OR IGNORE INTO array_entries (ix, value, rid) VALUES (?, ?, ?)')
    let seq = 0
    for (const document of documents) {
      this.#documents.set(document._id, document)
      const rid = this.ns * 2 ** 36 + ++seq
      insert.run(rid, this.ns, this.collection, document._id, canonicalJson(document))
      insert.run((this.ns + 1) * 2 ** 36 + seq, this.ns + 1, this.collection, document._id, canonicalJson(document))
      insert.run(this.ns * 2 ** 36 + ++seq, this.ns, 'others', document._id, canonicalJson(document))
      insert.run(this.ns * 2 ** 36 + ++seq, this.ns, this.collection, `deleted ${document._id}`, null)
      for (const [path, field] of this.#fields) {
        const { kind, entries } = indexedAt(document, pathOf(path))
        field.kinds |= kind
        for (const entry of entries) insertEntry.run(field.ix, entry, rid)
      }
    }
  }

  field(path: string): FieldIndex | undefined {
    const field = this.#fields.get(path)
    return field && fieldIndex(field.ix, field.kinds)
  }

  matcher: QueryScope['matcher'] = (filter) => this.#functions.matcher(filter)
  orderer: QueryScope['orderer'] = (field) => this.#functions.orderer(field)

  find(query: FindQuery): { rowid: number; id: string }[] {
    const { sql, params } = compileFind(this, query)
    const rows = this.#db.prepare(sql).all(...params)
    return rows.map((row) => {
      expect(Object.keys(row)).toEqual(query.rows === 'rowids' ? ['rowid'] : ['rowid', 'id', 'content'])
      return { rowid: Number(row['rowid']), id: String(row['id']) }
    })
  }

  ids(filter: unknown, sort: unknown = {}): string[] {
    return this.find({ filter: parseFilter(filter), sort: parseSort(sort), limit: 1e6 }).map(({ id }) => id)
  }

  count(filter: Filter): number {
    const { sql, params } = compileCount(this, filter)
    return Number(this.#db.prepare(sql).get(...params)?.['count'])
  }

  after(sort: Sort, { id }: { id: string }): After {
    const document = this.#documents.get(id) ?? expect.unreachable()
    const fields = totalSort(sort).slice(0, -1)
    return { values: fields.map((field) => orderKey(sortValue(field, document))), id }
  }

  plan(filter: unknown, sort: unknown = {}, after?: After): string {
    const { sql, params } = compileFind(this, { filter: parseFilter(filter), sort: parseSort(sort), limit: 20, after })
    const steps = this.#db.prepare(`EXPLAIN QUERY PLAN ${sql}`).all(...params)
    return steps.map((step) => String(step['detail'])).join('\n')
  }

  [Symbol.dispose](): void {
    this.#db.close()
  }
}

describe('the plan of a query', () => {
  const none = (...indexes: string[][]): Table => new Table([], indexes)
  const some = (...indexes: string[][]): Table => new Table([], indexes, { pretendArrays: true })
  const after = (...values: After['values']): After => ({ values, id: 'x' })

  it('looks at a document once for a text in several of its fields, and at fields where there is but one', () => {
    const calls = (filter: unknown): readonly string[] => {
      const { sql } = compileFind(none(), { filter: parseFilter(filter), sort: parseSort({}), limit: 20, after: undefined })
      return sql.match(/docstore_(has_match|matches)(?=\()/g) ?? []
    }
    expect(calls({ $or: [{ a: /x/i }, { b: /x/i }, { 'c.d': /x/i }, { n: 5 }] })).toEqual(['docstore_matches'])
    expect(calls({ $or: [{ a: /x/i }, { n: 5 }] })).toContain('docstore_has_match')
  })

  it.each<[string, Table, unknown, unknown, After | undefined, string]>([
    ['equality', none(['a']), { a: 5 }, {}, undefined, '(<expr>=?)'],
    ['equality, next page', none(['a']), { a: 5 }, {}, after(), '(<expr>=? AND id>?)'],
    ['equality with a boolean', none(['a']), { a: true }, {}, undefined, '(<expr>=?)'],
    ['equality with null', none(['a']), { a: null }, {}, undefined, '(<expr>=?)'],
    ['a range in its order', none(['a']), { a: { $gt: 5 } }, { a: 1 }, undefined, '(<expr>>? AND <expr><?)'],
    ['a range in its order, next page', none(['a']), { a: { $gt: 5 } }, { a: 1 }, after(7), '(<expr>>? AND <expr><?)'],
    ['a range in reverse', none(['a']), { a: { $gte: 'a', $lt: 'b' } }, { a: -1 }, undefined, '(<expr>>? AND <expr><?)'],
    ['a range in reverse, next page', none(['a']), { a: { $gte: 'a', $lt: 'b' } }, { a: -1 }, after('aa'), '(<expr>>? AND <expr><?)'],
    ['an order', none(['a']), {}, { a: 1 }, undefined, 'SCAN'],
    ['an order, next page', none(['a']), {}, { a: 1 }, after(5), '(<expr>>?)'],
    ['an order, next page after null', none(['a']), {}, { a: 1 }, after(Number.NEGATIVE_INFINITY), '(<expr><?)'],
    ['a reversed order', none(['a']), {}, { a: -1 }, undefined, 'SCAN'],
    ['a reversed order, next page', none(['a']), {}, { a: -1 }, after(5), '(<expr><?)'],
    ['two fields', none(['a', 'b']), { a: 5, b: 'x' }, {}, undefined, '(<expr>=? AND <expr>=?)'],
    ['a field and a range', none(['a', 'b']), { a: 5, b: { $lt: 9 } }, { b: -1 }, undefined, '(<expr>=? AND <expr><?)'],
    ['a field and an order', none(['a', 'b']), { a: 5 }, { b: 1 }, undefined, '(<expr>=?)'],
    ['a field and an order, next page', none(['a', 'b']), { a: 5 }, { b: -1 }, after(7), '(<expr>=? AND <expr><?)'],
    ['two fields beside two indexes', none(['a'], ['a', 'b']), { a: 5 }, { b: 1 }, after(7), '(<expr>=? AND <expr>>?)'],
    ['an order of two fields', none(['a', 'b']), {}, { a: -1, b: -1 }, undefined, 'SCAN'],
    ['an order of two fields, next page', none(['a', 'b']), {}, { a: -1, b: -1 }, after(1, 2), '(<expr>=? AND <expr><?)'],
    ['a regular expression that says how texts begin', none(['a']), { a: /^ab.c/ }, { a: 1 }, undefined, '(<expr>>? AND <expr><?)'],
    ['such a regular expression, next page', none(['a']), { a: { $regex: '^ab' } }, { a: -1 }, after('abd'), '(<expr>>? AND <expr><?)'],
    ['an order that ends with _id', none(['a', '_id']), {}, { a: 1, _id: 1 }, after(1, 'x'), '(<expr>=? AND id>?)'],
  ])('uses the index without sorting for %s', (_what, table, filter, sort, cursor, range) => {
    using used = table
    const plan = used.plan(filter, sort, cursor)
    expect(plan).toContain('INDEX by "')
    expect(plan).toContain(range)
    expect(plan).not.toContain('TEMP B-TREE')
    expect(plan).not.toContain('records_by_id')
    // The table itself is only ever reached through the index.
    expect(plan).not.toMatch(/SCAN records(?! USING INDEX)/)
    if (range !== 'SCAN') expect(plan).not.toContain('SCAN records')
  })

  it.each<[string, Table, unknown]>([
    ['$in', none(['a']), { a: { $in: [5, 6, 'x', true] } }],
    ['$in with null', none(['a']), { a: { $in: [5, null] } }],
    ['$in where some have arrays', some(['a']), { a: { $in: [5, true, 'x'] } }],
    ['a range in order of _id', none(['a']), { a: { $gt: 5 } }],
    ['equality where some have arrays', some(['a']), { a: 5 }],
    ['equality with a boolean where some have arrays', some(['a']), { a: true }],
    ['a range where some have arrays', some(['a']), { a: { $gt: 'x' } }],
    ['$or of two indexed fields', none(['a'], ['b']), { $or: [{ a: 5 }, { b: { $gt: 5 } }] }],
    ['$or where some have arrays', some(['a'], ['b']), { $or: [{ a: 5 }, { b: 5, c: 6 }] }],
    ['$regex', none(['a']), { a: /^ab/ }],
    ['$regex where some have arrays', some(['a']), { a: /^ab/ }],
    ['$regex in $in and $or', some(['a'], ['b']), { $or: [{ a: { $in: [/^ab/, 5] } }, { b: /^c/ }] }],
    ['$all', some(['a']), { a: { $all: [5, 'x'] } }],
    ['$or of an indexed field and _id', none(['a']), { $or: [{ a: 5 }, { _id: 'x' }] }],
  ])('searches by index for %s', (_what, table, filter) => {
    using used = table
    const plan = used.plan(filter)
    expect(plan).toContain('INDEX by "')
    expect(plan).not.toContain('SCAN records')
  })

  it.each<[unknown, number, After | undefined, string]>([
    [{ a: { $gte: 'b', $lt: 'd' } }, -1, undefined, '< ?'],
    [{ a: { $gte: 'b', $lt: 'd' } }, -1, after('c'), '< ?'],
    [{ a: { $gte: 2, $lt: 4 } }, 1, after(3), '> ?'],
  ])('searches %j by the closest bounds only', (filter, direction, cursor, closest) => {
    using table = none(['a'])
    const { sql } = compileFind(table, { filter: parseFilter(filter), sort: parseSort({ a: direction }), limit: 1, after: cursor })
    // Terms that SQLite may search by: those without a unary plus.
    const terms = sql.split('UNION ALL')[cursor === undefined ? 0 : 1]?.match(/(?<!\+)json_extract\(content, '\$\."a"'\) [<>]=? [^\s)]+/g) ?? []
    const bounds = terms.map((term) => term.replace(/.*?\) /, ''))
    expect(bounds.filter((bound) => bound.startsWith(closest[0] ?? ''))).toEqual([closest])
  })

  it('looks up array elements by their value', () => {
    using table = some(['a'])
    expect(table.plan({ a: 5 })).toContain('SEARCH array_entries USING PRIMARY KEY (ix=? AND value=?)')
    expect(table.plan({ a: /^ab/ })).toContain('SEARCH array_entries USING PRIMARY KEY (ix=? AND value>? AND value<?)')
    expect(table.plan({ a: { $lt: 'x' } })).toContain('SEARCH array_entries USING PRIMARY KEY (ix=? AND value>? AND value<?)')
    for (const filter of [{ a: { $elemMatch: { $gt: 5, $ne: 7 } } }, { a: { $all: [5, 'x'] } }]) {
      expect(table.plan(filter)).toContain('SEARCH array_entries USING PRIMARY KEY (ix=?')
      expect(table.plan(filter)).not.toContain('SCAN records')
    }
    using inside = some(['a.b'])
    const plan = inside.plan({ a: { $elemMatch: { b: 5, c: { $gt: 5 } } } })
    expect(plan).toContain('SEARCH array_entries USING PRIMARY KEY (ix=? AND value=?)')
    expect(plan).not.toContain('SCAN records')
  })

  it('reads a collection without a usable index in order of _id', () => {
    using table = none(['a'])
    for (const filter of [
      {},
      { b: 5 },
      { a: { $exists: true } },
      { a: { $ne: 5 } },
      { a: /b/ },
      { a: /^b/i },
      { a: { $not: /^b/ } },
      { $or: [{ a: 5 }, { b: 5 }] },
    ]) {
      const plan = table.plan(filter, {}, after())
      expect(plan).toMatch(/^SEARCH records USING INDEX records_by_id \(ns=\? AND collection=\? AND id>\?\)/)
      expect(plan).not.toContain('TEMP B-TREE')
    }
  })

  it('searches _id by how it begins', () => {
    using table = none()
    expect(table.plan({ _id: /^a\// })).toBe('SEARCH records USING INDEX records_by_id (ns=? AND collection=? AND id>? AND id<?)')
  })

  it('prefers _id to an indexed field', () => {
    using table = none(['a'])
    expect(table.plan({ _id: 'x', a: 5 })).toBe('SEARCH records USING INDEX records_by_id (ns=? AND collection=? AND id=?)')
  })

  it('never reads other collections, even where an index covers the field in second place only', () => {
    using table = none(['b', 'a'])
    expect(table.plan({ a: 5 })).toContain('SCAN records USING INDEX by "b,a"')
  })
})

describe('a query', () => {
  it('distinguishes what SQLite stores alike', () => {
    const values: Json[] = [1, true, 0, false, '1', '[1]', [1], '{"a":1}', { a: 1 }, null, [true], [null], [[1]], [{ a: 1 }], ['[1]']]
    const documents = values.map((a, i) => ({ _id: String(i).padStart(2, '0'), a }))
    for (const indexes of [[], [['a']]]) {
      using table = new Table(documents, indexes)
      for (const a of values) {
        const expected = documents.filter((document) => matches(parseFilter({ a: { $eq: a } }), document)).map(({ _id }) => _id)
        expect(table.ids({ a: { $eq: a } })).toEqual(expected)
      }
    }
  })

  it('compares whole numbers beyond 2^53 by their double', () => {
    const numbers = [2 ** 53, 2 ** 53 + 2, 2 ** 60 + 256, 2 ** 63 - 1024, 2 ** 63, 1e300, -(2 ** 62) - 1024, -(2 ** 63)]
    for (const withArray of [false, true]) {
      const documents: Document[] = numbers.map((a, i) => ({ _id: `${i}`, a: withArray ? [a, 'x'] : a }))
      for (const indexes of [[], [['a']]]) {
        using table = new Table(documents, indexes)
        for (const [i, a] of numbers.entries()) {
          expect(table.ids({ a })).toEqual([`${i}`])
          expect(table.ids({ a: { $in: [a, 'none', 7] } })).toEqual([`${i}`])
          expect(table.ids({ a: { $gte: a, $lte: a } })).toEqual([`${i}`])
        }
      }
    }
  })

  it('never takes a number for an _id', () => {
    using table = new Table([{ _id: '5' }])
    expect(table.ids({ _id: '5' })).toEqual(['5'])
    expect(table.ids({ _id: 5 })).toEqual([])
    expect(table.ids({ _id: { $lte: 5 } })).toEqual([])
    expect(table.ids({ _id: { $in: [5, null] } })).toEqual([])
    expect(table.ids({ _id: { $nin: [5, null] } })).toEqual(['5'])
  })

  it('finds fields with odd names', () => {
    for (const name of ["it's", 'a\\b', 'a\\', 'tab\there', '[0]', 'a$', '#', '😀', '\uffff', 'a/b', '\u2028', '\\u0062', '\u0001', '\\']) {
      for (const indexes of [[], [[name]]]) {
        using table = new Table([{ _id: 'x', [name]: 1 }, { _id: 'y', [name]: [1, 2] }, { _id: 'z' }], indexes)
        expect(table.ids({ [name]: 1 }, { [name]: -1 })).toEqual(['y', 'x'])
      }
    }
  })

  it('may have as many conditions and values as a filter can', () => {
    const many = Array.from({ length: 199 }, (_, i) => ({ a: { $in: Array.from({ length: 1000 }, (_unused, n) => n + i) } }))
    const objects = Array.from({ length: 1000 }, (_, n) => ({ n }))
    for (const indexes of [[], [['a']]]) {
      for (const a of [198, [198]]) {
        using table = new Table([{ _id: 'x', a }], indexes)
        expect(table.ids({ $and: many })).toEqual(['x'])
        expect(table.ids({ $or: many })).toEqual(['x'])
        expect(table.ids({ $not: { $or: many } })).toEqual([])
        expect(table.ids({ a: { $in: [...objects.slice(1), 198] } })).toEqual(['x'])
      }
    }
  })

  it('goes as deep as a filter can', () => {
    let filter: unknown = { a: 1 }
    for (let level = 1; level < 16; level++) filter = level % 3 === 0 ? { $not: filter } : { $or: [filter, { b: level }] }
    for (const indexes of [[], [['a'], ['b']]]) {
      using table = new Table(
        [
          { _id: 'x', a: [1] },
          { _id: 'y', b: [7] },
        ],
        indexes,
      )
      const documents: Document[] = [
        { _id: 'x', a: [1] },
        { _id: 'y', b: [7] },
      ]
      expect(table.ids(filter)).toEqual(documents.filter((document) => matches(parseFilter(filter), document)).map(({ _id }) => _id))
    }
  })
})

const texts = ['', 'a', 'ab', 'b', 'B', '[1]', '[', '{"a":1}', '{', '|', '1', '\uffff', '\ue000', '😀', '\u{10ffff}', 'a\0b', '\\"']
const numbers = [0, 1, -1, 0.5, 2, 1e-7, 1e21, -1e300, 2 ** 60 + 256, 2 ** 53, 0.1 + 0.2]
const scalar: fc.Arbitrary<Json> = fc.oneof(
  fc.constantFrom<Json[]>(null, true, false),
  fc.constantFrom(...numbers),
  fc.constantFrom(...texts),
  { arbitrary: fc.double({ noNaN: true, noDefaultInfinity: true }).map((number) => number + 0), weight: 1 },
  { arbitrary: fc.string({ unit: 'binary', maxLength: 3 }), weight: 1 },
)
const names = ['a', 'b', 'c']
const { value: anyValue } = fc.letrec<{ value: Json; array: Json; object: Json }>((tie) => ({
  value: fc.oneof({ depthSize: 'small', withCrossShrink: true }, { arbitrary: scalar, weight: 5 }, tie('array'), tie('object')),
  array: fc.array(tie('value'), { maxLength: 3 }),
  object: fc.dictionary(fc.constantFrom(...names), tie('value'), { maxKeys: 3, noNullPrototype: true }),
}))
const anyDocuments: fc.Arbitrary<Document[]> = fc
  .array(fc.record({ a: anyValue, b: anyValue, c: scalar }, { requiredKeys: [], noNullPrototype: true }), { maxLength: 25 })
  .map((all) => all.map((fields, i) => ({ ...fields, _id: texts[i] || `id ${i}` })))
const anyPath = fc.constantFrom(
  'a',
  'a',
  'b',
  'b',
  'c',
  'a.b',
  'a.b',
  'b.a',
  'a.b.c',
  'a.0',
  'b.1',
  'a.0.b',
  'a.b.0',
  '"b"."0"',
  '_id',
  '_id.a',
  'zz',
)
const bound = fc.oneof(fc.constantFrom(...numbers), fc.constantFrom(...texts))
const operatorOfElements = fc.oneof(
  fc.record({ $gt: bound }),
  fc.record({ $gte: bound, $lt: bound }),
  fc.record({ $ne: scalar }),
  fc.record({ $in: fc.array(scalar, { maxLength: 2 }) }),
)
const anyOperator = fc.oneof(
  fc.record({ $eq: anyValue }),
  fc.record({ $ne: anyValue }),
  fc.record({ $in: fc.array(anyValue, { maxLength: 4 }) }),
  fc.record({ $nin: fc.array(anyValue, { maxLength: 4 }) }),
  fc.record({ $gt: bound }),
  fc.record({ $gte: bound }),
  fc.record({ $lt: bound }),
  fc.record({ $lte: bound }),
  fc.record({ $gte: bound, $lt: bound }),
  fc.record({ $exists: fc.boolean() }),
  fc.record({ $gt: anyValue }),
  fc.record({ $lte: anyValue }),
  fc.record({ $type: fc.constantFrom('number', 'int', 'double', 'string', 'object', 'array', 'bool', 'null', ['string', 'array']) }),
  fc.record({ $size: fc.nat(3) }),
  fc.record({ $mod: fc.constantFrom([2, 0], [2, 1], [3, -1]) }),
  fc.record({ $regex: fc.constantFrom('a', '^b', '^a', '^[0-9]', '^\\[', '.'), $options: fc.constantFrom('', 'i', 's') }),
  fc.record({ $all: fc.array(anyValue, { maxLength: 2 }) }),
  fc.record({ $elemMatch: operatorOfElements }),
  fc.record({ $elemMatch: fc.record({ b: fc.oneof(scalar, operatorOfElements), a: scalar }, { requiredKeys: [], noNullPrototype: true }) }),
)
const anyCondition = fc
  .tuple(
    anyPath,
    fc.oneof(
      anyOperator,
      anyOperator.map(($not) => ({ $not })),
      anyValue,
    ),
  )
  .map(([path, value]): Record<string, unknown> => ({ [path]: value }))
const { filter: anyFilter } = fc.letrec<{ filter: unknown }>((tie) => ({
  filter: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    { arbitrary: anyCondition, weight: 4 },
    fc.array(anyCondition, { maxLength: 3 }).map((all) => Object.assign({}, ...all) as unknown),
    fc.array(tie('filter'), { minLength: 1, maxLength: 3 }).map(($and) => ({ $and })),
    fc.array(tie('filter'), { minLength: 1, maxLength: 3 }).map(($or) => ({ $or })),
    fc.array(tie('filter'), { minLength: 1, maxLength: 2 }).map(($nor) => ({ $nor })),
    tie('filter').map(($not) => ({ $not })),
  ),
}))
const anySort = fc
  .uniqueArray(fc.tuple(fc.constantFrom('a', 'b', 'c', 'a.b', 'b.a', 'a.0', '_id'), fc.constantFrom(1, -1)), {
    maxLength: 3,
    selector: ([path]) => path,
  })
  .map((fields) => Object.fromEntries(fields))
const anyIndexes = fc.oneof(
  fc.constant<string[][]>([]),
  fc.uniqueArray(fc.uniqueArray(fc.constantFrom('a', 'b', 'c', 'a.b', 'b.a', 'a.0', 'a.b.c', '_id'), { minLength: 1, maxLength: 3 }), {
    maxLength: 3,
    selector: String,
  }),
)

describe('compiled SQL', () => {
  it('finds, counts, orders and pages as matches() and compareBySort() say, whatever the indexes', () => {
    const cases = fc.record({
      documents: anyDocuments,
      filterInput: fc.oneof({ arbitrary: anyFilter, weight: 3 }, { arbitrary: fc.constant({}), weight: 1 }),
      sortInput: anySort,
      indexes: anyIndexes,
      pretendArrays: fc.boolean(),
      isMost: fc.boolean(),
      limit: fc.integer({ min: 1, max: 6 }),
    })
    fc.assert(
      fc.property(cases, ({ documents, filterInput, sortInput, indexes, pretendArrays, isMost, limit }) => {
        // An empty object as a field's value is an equality; one made of operators cannot arise from these names.
        const filter = parseFilter(filterInput)
        const sort = parseSort(sortInput)
        const expected = documents.filter((document) => matches(filter, document)).sort((a, b) => compareBySort(sort, a, b))
        const expectedIds = expected.map(({ _id }) => _id)
        using table = new Table(documents, indexes, { pretendArrays, isMost })
        expect(table.find({ filter, sort, limit: 1000 }).map(({ id }) => id)).toEqual(expectedIds)
        const all = table.find({ filter, sort, limit: 1000 })
        expect(table.find({ filter, sort, limit: 1000, rows: 'rowids' }).map(({ rowid }) => rowid)).toEqual(all.map(({ rowid }) => rowid))
        expect(table.count(filter)).toBe(expectedIds.length)
        const paged: string[] = []
        let after: After | undefined
        for (;;) {
          const page = table.find({ filter, sort, limit, after })
          paged.push(...page.map(({ id }) => id))
          const last = page.at(-1)
          if (last === undefined || paged.length > documents.length) break
          after = table.after(sort, last)
        }
        expect(paged).toEqual(expectedIds)
      }),
      { numRuns: Number(process.env['QUERY_RUNS'] ?? samples(300, 1000)) },
    )
  })
})
