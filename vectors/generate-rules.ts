import { cidOfBytes, DAG_JSON } from '../packages/core/src/model/encoding/cid.ts'
import { canonicalJson } from '../packages/core/src/model/content.ts'
import type { CollectionSettings } from '../packages/core/src/model/namespace/collection-settings.ts'
import type { Json } from '../packages/core/src/model/json/json-value.ts'
import type { VectorFile } from './vector-file.ts'

type Fields = Readonly<Record<string, Json>>

const AUTHOR = 'z6MktwupdmLXVVqTzCw4i46r4uGyosGXRnR3XjN4Zq7oMMsw'

/** Documents and edits, with the rule that each breaks; `null` where it keeps all. */
interface Judged {
  readonly puts?: readonly (readonly [breaks: string | null, document: Fields])[]
  readonly edits?: readonly (readonly [breaks: string | null, path: readonly string[], value?: Json])[]
}

function rules(name: string, settings: CollectionSettings, { puts = [], edits = [] }: Judged, write = 'anyone') {
  return {
    name,
    write,
    settings,
    puts: puts.map(([breaks, document]) => ({ content: canonicalJson({ _id: 'x', ...document }), breaks })),
    edits: edits.map(([breaks, path, value]) => ({ path, content: canonicalJson(value === undefined ? { _id: 'x' } : { _id: 'x', value }), breaks })),
  }
}

const schema = (input: Json): CollectionSettings => ({ schema: canonicalJson(input) })
const bad = (name: string, input: Json) => ({ name, schema: canonicalJson(input), reason: 'unsupported' })
const badPattern = (pattern: string) => bad(`pattern ${pattern}`, { pattern })

/** Schemas that can be judged by and others, and what the rules of a collection say of documents and edits. */
export function rulesFile(): VectorFile {
  const nested = (depth: number): Fields => (depth === 0 ? {} : { allOf: [nested(depth - 1)] })
  const derived = cidOfBytes(DAG_JSON, '{"n":1,"y":2}').toString()
  return {
    description:
      'Settings of a collection, and documents and edits with the rule that each breaks: a keyword, a setting, or "work" where judging takes too much; null where it keeps all. invalid has schemas that no head may have.',
    context: { author: AUTHOR },
    valid: [
      rules(
        'types',
        schema({ properties: { a: { type: 'integer' }, b: { type: ['string', 'null'] }, c: { type: 'object' }, d: { type: 'array' }, e: { type: 'number' } } }),
        {
          puts: [
            [null, { a: 5, b: null, c: {}, d: [], e: 1.5 }],
            [null, { a: 1e300 }],
            ['type', { a: 1.5 }],
            ['type', { a: true }],
            ['type', { b: 1 }],
            ['type', { c: [] }],
            ['type', { c: null }],
            ['type', { d: {} }],
            ['type', { e: '1' }],
          ],
          edits: [
            [null, ['a'], 1],
            [null, ['a']],
            ['type', ['a'], 'x'],
            ['type', ['c'], []],
            [null, ['c', 'd'], []],
          ],
        },
      ),
      rules('names like others', schema({ required: ['constructor'], properties: { toString: { type: 'number' } }, additionalProperties: { maximum: 5 } }), {
        puts: [
          ['required', {}],
          [null, { constructor: 1 }],
          ['type', { constructor: 1, toString: 'x' }],
          ['maximum', { constructor: 6 }],
        ],
        edits: [
          ['required', ['constructor']],
          ['type', ['toString'], 'x'],
          ['maximum', ['valueOf'], 6],
        ],
      }),
      rules('lengths in code points', schema({ properties: { t: { minLength: 2, maxLength: 3 } } }), {
        puts: [
          ['minLength', { t: '😀' }],
          [null, { t: '😀😀😀' }],
          ['maxLength', { t: '😀😀😀😀' }],
          [null, { t: 5 }],
        ],
      }),
      rules('the id beside fields that are not named', schema({ properties: { a: true }, additionalProperties: false, propertyNames: { maxLength: 1 } }), {
        puts: [
          [null, { a: 1 }],
          ['additionalProperties', { b: 1 }],
        ],
        edits: [
          ['additionalProperties', ['b'], 1],
          [null, ['b']],
          [null, ['a', 'long'], 1],
        ],
      }),
      rules('a tree', schema({ $ref: '#/$defs/n', $defs: { n: { required: ['v'], properties: { list: { items: { $ref: '#/$defs/n' } }, next: { $ref: '#/$defs/n' } } } } }), {
        puts: [
          [null, { v: 1, list: [{ v: 2, list: [{ v: 3 }] }] }],
          ['required', { v: 1, list: [{ v: 2, list: [{}] }] }],
        ],
        edits: [
          ['required', ['next', 'next', 'v']],
          ['required', ['next', 'next'], {}],
          [null, ['next', 'next', 'v'], 1],
        ],
      }),
      rules(
        'what depends on several fields, and what holds through allOf',
        schema({
          anyOf: [{ required: ['a'] }, { required: ['b'] }],
          if: { required: ['a'] },
          // biome-ignore lint/suspicious/noThenProperty: it is the keyword's name.
          then: { properties: { c: { type: 'string' } } },
          allOf: [{ properties: { d: { allOf: [{ minimum: 1 }] } } }],
        }),
        {
          puts: [
            ['anyOf', {}],
            [null, { b: 1, c: 1 }],
            ['type', { a: 1, c: 1 }],
            ['minimum', { a: 1, d: 0 }],
          ],
          edits: [
            [null, ['a']],
            [null, ['c'], 1],
            ['minimum', ['d'], 0],
          ],
        },
      ),
      rules('oneOf, not, contains, uniqueItems', schema({ properties: { v: { oneOf: [{ minimum: 1 }, { maximum: 3 }] }, w: { not: { type: 'null' } }, l: { contains: { const: 1 }, uniqueItems: true } } }), {
        puts: [
          [null, { v: 0 }],
          ['oneOf', { v: 2 }],
          ['not', { w: null }],
          ['contains', { l: [] }],
          [null, { l: [1, { a: 1, b: 2 }] }],
          ['uniqueItems', { l: [1, { a: 1, b: 2 }, { b: 2, a: 1 }] }],
        ],
      }),
      rules('multiples', schema({ properties: { v: { multipleOf: 3 } } }), {
        puts: [
          [null, { v: -9 }],
          ['multipleOf', { v: 3.0000000001 }],
          ['multipleOf', { v: 4 }],
          [null, { v: 'x' }],
        ],
      }),
      rules('a pattern', schema({ properties: { v: { pattern: '^[A-Z]{2}-\\d+(?:\\.\\w)?$' } } }), {
        puts: [
          [null, { v: 'AB-12' }],
          [null, { v: 'AB-1.x' }],
          ['pattern', { v: 'AB-1\n' }],
          ['pattern', { v: 'AB-١' }],
          ['pattern', { v: 'ab-1' }],
        ],
      }),
      rules('any character but a line feed', schema({ properties: { v: { pattern: '^.$' } } }), {
        puts: [
          [null, { v: '😀' }],
          [null, { v: '\r' }],
          [null, { v: '\u2028' }],
          ['pattern', { v: '\n' }],
        ],
      }),
      rules('as much as judging may take, and more', schema({ properties: { v: { pattern: 'a{255}' } } }), {
        puts: [
          [null, { v: 'a'.repeat(8191) }],
          ['work', { v: 'a'.repeat(8192) }],
        ],
      }),
      rules('size', { maxBytes: 24 }, {
        puts: [
          [null, { abc: 123456 }],
          ['maxBytes', { abc: 1234567 }],
        ],
        edits: [
          [null, ['a'], 'xx'],
          ['maxBytes', ['a'], 'xxx'],
        ],
      }),
      rules('immutable fields', { immutable: ['n', 'y'] }, {
        puts: [
          ['immutable', { n: 1, y: 2 }],
          [null, { _id: derived, y: 2, n: 1 }],
          [null, { _id: derived, n: 1, y: 2, other: true }],
          ['immutable', { _id: derived, n: 1 }],
        ],
        edits: [
          ['immutable', ['n'], 1],
          ['immutable', ['y', 'z']],
          [null, ['other'], 1],
        ],
      }),
      rules(
        'immutable fields where each author has documents of their own',
        { immutable: ['n', 'y'] },
        {
          puts: [
            [null, { _id: `${AUTHOR}/${derived}`, n: 1, y: 2 }],
            ['immutable', { _id: `${AUTHOR}/x/${derived}`, n: 1, y: 2 }],
          ],
        },
        'author',
      ),
      rules('unique values, which nobody judges', { unique: ['a.b'] }, { puts: [[null, { a: { b: 1 } }]], edits: [[null, ['a', 'b'], 1]] }, 'owner'),
    ],
    invalid: [
      bad('a keyword that there is not', { propertys: {} }),
      bad('a format', { format: 'date' }),
      bad('another dialect', { $schema: 'http://json-schema.org/draft-04/schema#' }),
      bad('a reference to elsewhere', { $ref: 'https://example.com/s' }),
      bad('a reference to nothing', { $ref: '#/$defs/a' }),
      bad('a schema that applies through itself', { $ref: '#/$defs/a', $defs: { a: { not: { $ref: '#/$defs/a' } } } }),
      bad('one that is not used, and applies through itself', { $defs: { a: { anyOf: [{ $ref: '#/$defs/a' }] } } }),
      bad('13 steps in place', nested(13)),
      bad('a fraction in multipleOf', { multipleOf: 0.5 }),
      bad('an object in enum', { enum: [{}] }),
      bad('a list as items', { items: [{}] }),
      bad('no types', { type: [] }),
      bad('a name twice', { required: ['a', 'a'] }),
      bad('a number as a schema', { properties: { a: 1 } }),
      bad('a length below 0', { maxLength: -1 }),
      ...['\\s', '\\b', '\\1', '(?=a)', '(?i)a', 'a**', 'a{2}{3}', 'a{3,2}', 'a{,2}', '(a{64}){4}', '^*', '(a', 'a)', '[a', '[]', '[z-a]', '[a-\\d]', '[[:alpha:]]', '[a&&b]', 'a]'].map(
        badPattern,
      ),
    ],
  }
}
