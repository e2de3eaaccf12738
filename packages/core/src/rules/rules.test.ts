import { describe, expect, it } from 'vitest'
import { canonicalJson } from '../model/content.ts'
import type { CollectionSettings } from '../model/namespace/collection-settings.ts'
import type { Json } from '../model/json/json-value.ts'
import type { CollectionRules } from './collection-rules.ts'
import { type BadSchema, type HeadRules, readRules } from './read-rules.ts'

type Fields = Readonly<Record<string, Json>>

async function read(settings: Omit<CollectionSettings, 'schema'>, schema?: object): Promise<HeadRules | BadSchema> {
  return readRules({ docs: { ...settings, ...(schema === undefined ? {} : { schema: canonicalJson(schema) }) } })
}

async function rulesOf(settings: Omit<CollectionSettings, 'schema'>, schema?: object): Promise<CollectionRules> {
  const rules = await read(settings, schema)
  const one = rules instanceof Map ? (rules as HeadRules).get('docs') : undefined
  if (one === undefined) throw new Error(JSON.stringify(rules))
  return one
}

/** What a document breaks: the keyword and where. */
function broken(rules: CollectionRules, fields: Fields, id = 'a'): string | undefined {
  const document = { ...fields, _id: id }
  const fault = rules.judgeDocument({ id, document, size: canonicalJson(document).length })
  return fault && `${fault.rule} ${fault.path.join('.')}`
}

const order = {
  type: 'object',
  properties: {
    total: { type: 'number', minimum: 0 },
    state: { enum: ['open', 'paid', null] },
    customer: { $ref: '#/$defs/person' },
    items: { type: 'array', items: { type: 'object', required: ['sku'], properties: { sku: { pattern: '^[A-Z]{2}-\\d+$' } } }, maxItems: 3 },
  },
  required: ['total'],
  additionalProperties: false,
  $defs: { person: { type: 'object', required: ['name'], properties: { name: { type: 'string', minLength: 2 } }, additionalProperties: false } },
}

describe('a schema', () => {
  it('says which rule a document breaks, and where', async () => {
    const rules = await rulesOf({}, order)
    expect(broken(rules, { total: 5, state: null, customer: { name: 'Ada' }, items: [{ sku: 'AB-1' }] })).toBeUndefined()
    expect(broken(rules, { state: 'open' })).toBe('required ')
    expect(broken(rules, { total: '5' })).toBe('type total')
    expect(broken(rules, { total: -1 })).toBe('minimum total')
    expect(broken(rules, { total: 1, customer: { name: 'A' } })).toBe('minLength customer.name')
    expect(broken(rules, { total: 1, customer: { name: 'Ada', age: 3 } })).toBe('additionalProperties customer.age')
    expect(broken(rules, { total: 1, items: [{ sku: 'AB-1' }, { sku: 'ab-1' }] })).toBe('pattern items.1.sku')
    expect(broken(rules, { total: 1, items: [{}, {}, {}, {}] })).toMatch(/^required items.0$|^maxItems items$/)
    expect(broken(rules, { total: 1, constructor: 1 })).toBe('additionalProperties constructor')
  })

  it('has names such as constructor and toString like others', async () => {
    const rules = await rulesOf({}, { required: ['constructor'], properties: { toString: { type: 'number' }, valueOf: false } })
    expect(broken(rules, {})).toBe('required ')
    expect(broken(rules, { constructor: 1 })).toBeUndefined()
    expect(broken(rules, { constructor: 1, toString: 'x' })).toBe('type toString')
    expect(broken(rules, { constructor: 1, valueOf: 1 })).toBe('false valueOf')
  })

  it('counts characters as code points, and compares numbers exactly', async () => {
    const rules = await rulesOf(
      {},
      { properties: { t: { minLength: 2, maxLength: 3 }, n: { multipleOf: 3, exclusiveMaximum: 9 }, i: { type: 'integer' } } },
    )
    expect(['😀', '😀😀', 'abc', '😀😀😀😀', 'abcd', 'é'].map((t) => broken(rules, { t }) === undefined)).toEqual([
      false,
      true,
      true,
      false,
      false,
      false,
    ])
    expect([0, 3, 4, 3.0000000001, 9, -3].map((n) => broken(rules, { n }) === undefined)).toEqual([true, true, false, false, false, true])
    expect([1, 1.5, -0, 1e300].map((i) => broken(rules, { i }) === undefined)).toEqual([true, false, true, true])
  })

  it('may lead to itself within a value, as trees do', async () => {
    const tree = { $ref: '#/$defs/node', $defs: { node: { required: ['n'], properties: { children: { items: { $ref: '#/$defs/node' } } } } } }
    const rules = await rulesOf({}, tree)
    expect(broken(rules, { n: 1, children: [{ n: 2, children: [{ n: 3 }] }] })).toBeUndefined()
    expect(broken(rules, { n: 1, children: [{ n: 2, children: [{}] }] })).toBe('required children.0.children.0')
  })

  it.each<[string, object, string]>([
    ['a keyword that is not known', { propertys: {} }, '/propertys'],
    ['a format, which would not be judged', { properties: { at: { format: 'date' } } }, '/properties/at/format'],
    ['patternProperties', { patternProperties: { '^a': {} } }, '/patternProperties'],
    ['a reference to elsewhere', { $ref: 'https://example.com/schema.json' }, '/$ref'],
    ['a reference to nothing', { properties: { 'a/b': { $ref: '#/$defs/x' } } }, '/properties/a~1b/$ref'],
    ['a reference to what is inherited', { $ref: '#/$defs/constructor', $defs: {} }, '/$ref'],
    ['a schema that applies through itself', { $ref: '#/$defs/a', $defs: { a: { anyOf: [{ type: 'string' }, { $ref: '#/$defs/a' }] } } }, ''],
    [
      'two that apply through each other, unused',
      { $defs: { a: { not: { $ref: '#/$defs/b' } }, b: { allOf: [{ $ref: '#/$defs/a' }] } } },
      '/$defs/a',
    ],
    ['schemas through too many others', { allOf: [nested(12)] }, ''],
    ['a type that is none', { type: 'text' }, '/type'],
    ['a limit that is none', { properties: { a: { maxLength: -1 } } }, '/properties/a/maxLength'],
    ['a fraction as a multiple', { multipleOf: 0.01 }, '/multipleOf'],
    ['a list of schemas for items', { items: [{}] }, '/items'],
    ['an object as one of the values', { enum: [{}] }, '/enum'],
    ['a name twice', { required: ['a', 'a'] }, '/required'],
    ['what is no schema', { properties: { a: 1 } }, '/properties/a'],
    ['another dialect', { $schema: 'http://json-schema.org/draft-04/schema#' }, '/$schema'],
    ['a branch that is no schema, without a condition', { then: 1 }, '/then'],
  ])('cannot have %s', async (_, schema, pointer) => {
    expect(await read({}, schema)).toMatchObject({ collection: 'docs', pointer })
  })

  it.each<[string, boolean]>([
    ['^[a-z0-9_-]{1,64}$', true],
    ['(?:a|b)+c?', true],
    ['[^\\d\\-x-z]\\.\\/', true],
    ['[-a][a-]', true],
    ['\\w+@\\w+', true],
    ['', true],
    ['😀+[😀-😎]', true],
    ['(a)\\1', false],
    ['(?=a)', false],
    ['(?i)a', false],
    ['a++', false],
    ['a{2}{3}', false],
    ['a{3,2}', false],
    ['a{,3}', false],
    ['(a{64}){5}', false],
    ['((a{9}){9}){9}', false],
    ['a{1000}', false],
    ['^*', false],
    ['*a', false],
    ['a)', false],
    ['(a', false],
    ['[a', false],
    ['[]', false],
    ['[z-a]', false],
    ['[a-\\d]', false],
    ['[[:alpha:]]', false],
    ['[a&&b]', false],
    ['\\s', false],
    ['\\pL', false],
    ['\\', false],
    ['a'.repeat(257), false],
  ])('takes the pattern %s: %s', async (pattern, isRight) => {
    const rules = await read({}, { properties: { a: { pattern } } })
    expect(rules instanceof Map).toBe(isRight)
    // What it takes, the engine does.
    if (isRight) expect(() => broken((rules as HeadRules).get('docs') as CollectionRules, { a: 'x' })).not.toThrow()
  })

  it('takes a bounded time, whatever it is and whatever is judged', async () => {
    const reference = (name: string) => ({ $ref: `#/$defs/${name}` })
    // Each definition applies the next one twenty times.
    const explosive = {
      items: reference('a'),
      properties: { list: reference('a') },
      $defs: Object.fromEntries(
        ['a', 'b', 'c', 'd'].map((name, i, all) => [name, { allOf: Array.from({ length: 20 }, () => reference(all[i + 1] ?? 'e')) }]),
      ),
    }
    const leaf = (schema: object) => ({ ...explosive, $defs: { ...explosive.$defs, e: schema } })
    const text = 'a'.repeat(100_000)
    const cases: readonly [object, Fields][] = [
      [leaf({ pattern: '^(a|aa|aaa)*b' }), { list: text }],
      [leaf({ uniqueItems: true }), { list: [text] }],
      [leaf({ minProperties: 1 }), { list: Object.fromEntries(Array.from({ length: 10_000 }, (_, i) => [`f${i}`, i])) }],
      [leaf({ minLength: 50_001 }), { list: text }],
      [leaf({ additionalProperties: true }), { list: Object.fromEntries(Array.from({ length: 10_000 }, (_, i) => [`f${i}`, i])) }],
      [
        leaf({ required: Array.from({ length: 100 }, (_, i) => `f${i}`) }),
        { list: Object.fromEntries(Array.from({ length: 100 }, (_, i) => [`f${i}`, i])) },
      ],
      [{ properties: { list: { items: { enum: Array.from({ length: 500 }, (_, i) => i) } } } }, { list: Array.from({ length: 50_000 }, () => 1) }],
    ]
    for (const [schema, document] of cases) {
      const rules = await rulesOf({}, schema)
      const began = process.cpuUsage().user
      const found = broken(rules, document)
      // A tenth of that is usual.
      expect((process.cpuUsage().user - began) / 1000, JSON.stringify(schema).slice(0, 60)).toBeLessThan(3000)
      expect([undefined, 'work ']).toContain(found)
    }
  })

  it('judges what nests as deep as it may by a schema that nests as deep as it may', async () => {
    let value: Json = 1
    for (let i = 0; i < 62; i++) value = { a: value }
    const rules = await rulesOf({}, { $ref: '#/$defs/s', $defs: { s: { ...nested(9), properties: { a: { $ref: '#/$defs/s' } } } } })
    expect(broken(rules, { a: value })).toBeUndefined()
  })
})

/** A schema that applies so many others, each through the one before. */
function nested(depth: number): object {
  return depth === 0 ? { minProperties: 0 } : { allOf: [nested(depth - 1)] }
}

describe('an edit', () => {
  const faults = (rules: CollectionRules, path: string, value?: Json): string | undefined => {
    const fault = rules.judgeEdit(path.split('.'), value, 10)
    return fault && `${fault.rule} ${fault.path.join('.')}`
  }

  it('is judged by what certainly holds for its field', async () => {
    const rules = await rulesOf({}, { ...order, allOf: [{ properties: { note: { maxLength: 3 } } }], properties: { ...order.properties, note: {} } })
    expect(faults(rules, 'total', 3)).toBeUndefined()
    expect(faults(rules, 'total', '3')).toBe('type total')
    expect(faults(rules, 'total')).toBe('required total')
    expect(faults(rules, 'state')).toBeUndefined()
    expect(faults(rules, 'customer.name', 'A')).toBe('minLength customer.name')
    expect(faults(rules, 'customer.name')).toBe('required customer.name')
    expect(faults(rules, 'customer', {})).toBe('required customer')
    expect(faults(rules, 'customer.age', 1)).toBe('additionalProperties customer.age')
    expect(faults(rules, 'customer.age')).toBeUndefined()
    expect(faults(rules, 'other', 1)).toBe('additionalProperties other')
    expect(faults(rules, 'items', [{ sku: 'x' }])).toBe('pattern items.0.sku')
    expect(faults(rules, 'note', 'long')).toBe('maxLength note')
  })

  it('is not judged by what depends on other fields', async () => {
    const rules = await rulesOf(
      {},
      { anyOf: [{ required: ['a'] }, { required: ['b'] }], if: { required: ['a'] }, then: { properties: { b: { type: 'string' } } } },
    )
    expect(faults(rules, 'a')).toBeUndefined()
    expect(faults(rules, 'b', 1)).toBeUndefined()
  })

  it('has a size, and leaves immutable fields alone', async () => {
    const rules = await rulesOf({ maxBytes: 50, immutable: ['number'] })
    expect(rules.judgeEdit(['a'], 1, 51)).toEqual({ path: [], rule: 'maxBytes', expected: 50 })
    expect(rules.judgeEdit(['a'], 1, 50)).toBeUndefined()
    expect(faults(rules, 'number', 1)).toBe('immutable number')
    expect(faults(rules, 'number.part', 1)).toBe('immutable number')
    expect(faults(rules, 'number')).toBe('immutable number')
  })
})

describe('immutable fields', () => {
  it('make the id, whatever else the document says', async () => {
    const rules = await rulesOf({ immutable: ['year', 'number'] })
    const id = rules.idOf({ number: 7, year: 2026, total: 1 })
    expect(id).toBe('baguqeeraz4kc3pu2vl2lflpuqlnpwtmobwhr2bzkdcrffna46rnxe2jx5n7q')
    expect(rules.idOf({ year: 2026, number: 7, state: 'x' })).toBe(id)
    expect(rules.idOf({ year: 2026, number: 8 })).not.toBe(id)
    expect(rules.idOf({ year: 2026 })).not.toBe(rules.idOf({ year: 2026, number: null }))
    expect(broken(rules, { year: 2026, number: 7, total: 2 }, id)).toBeUndefined()
    expect(broken(rules, { year: 2026, number: 8 }, id)).toBe('immutable _id')
  })
})
