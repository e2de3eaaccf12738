import { Ajv2020 } from 'ajv/dist/2020.js'
import { expect, it } from 'vitest'
import { canonicalJson } from '../model/content.ts'
import type { Json } from '../model/json/json-value.ts'
import { readRules } from './read-rules.ts'
import { fc } from '../testing/fast-check.ts'

type SchemaInput = boolean | Readonly<Record<string, unknown>>

/** Few names, numbers and texts, so that schemas and documents meet. */
const name = fc.constantFrom('a', 'b', 'c')
const scalar = fc.constantFrom<Json>(null, true, false, 0, 1, 2, 3.5, -1, '', 'a', 'ab', 'b1', '😀', 'aaa')
const small = fc.nat(3)

const value = fc.letrec<{ value: Json }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 4, depthSize: 'medium' },
    scalar,
    fc.array(tie('value'), { maxLength: 4 }),
    fc.dictionary(name, tie('value'), { maxKeys: 3 }),
  ),
})).value

const { schema } = fc.letrec<{ schema: SchemaInput; some: readonly SchemaInput[] }>((tie) => ({
  some: fc.array(tie('schema'), { minLength: 1, maxLength: 3 }),
  schema: fc.oneof(
    { maxDepth: 3, depthSize: 'small', withCrossShrink: true },
    fc.boolean(),
    fc.record(
      {
        type: fc.oneof(
          fc.constantFrom('object', 'array', 'string', 'number', 'integer', 'boolean', 'null'),
          fc.uniqueArray(fc.constantFrom('object', 'array', 'string', 'integer'), { minLength: 1, maxLength: 3 }),
        ),
        enum: fc.uniqueArray(scalar, { minLength: 1, maxLength: 4 }),
        const: scalar,
        minimum: small,
        exclusiveMaximum: small,
        multipleOf: fc.integer({ min: 1, max: 3 }),
        minLength: small,
        maxLength: small,
        pattern: fc.constantFrom('^a', 'a+$', '[0-9]', '^(?:a|b)?.$', '^.{2,}$', '\\d'),
        properties: fc.dictionary(name, tie('schema'), { maxKeys: 3 }),
        additionalProperties: tie('schema'),
        propertyNames: tie('schema'),
        required: fc.uniqueArray(name, { maxLength: 2 }),
        dependentRequired: fc.dictionary(name, fc.uniqueArray(name, { maxLength: 2 }), { maxKeys: 2 }),
        minProperties: small,
        maxProperties: small,
        prefixItems: tie('some'),
        items: tie('schema'),
        contains: tie('schema'),
        minItems: small,
        maxItems: small,
        uniqueItems: fc.boolean(),
        allOf: tie('some'),
        anyOf: tie('some'),
        oneOf: tie('some'),
        not: tie('schema'),
        if: tie('schema'),
        // biome-ignore lint/suspicious/noThenProperty: it is the keyword's name.
        then: tie('schema'),
        else: tie('schema'),
        $ref: fc.constantFrom('#/$defs/x', '#/$defs/y'),
      },
      { requiredKeys: [] },
    ),
  ),
}))

it('schemas mean what they mean elsewhere', async () => {
  let compared = 0
  const seen = { right: 0, wrong: 0 }
  await fc.assert(
    fc.asyncProperty(schema, schema, fc.array(value, { minLength: 1, maxLength: 12 }), async (root, x, values) => {
      const whole = { properties: { v: root }, $defs: { x, y: { type: ['string', 'number', 'array'], maxItems: 2 } } }
      const rules = await readRules({ docs: { schema: canonicalJson(whole) } })
      // What applies through itself, or too many others.
      if (!(rules instanceof Map)) return
      const judge = rules.get('docs')
      // One of its own each time: it keeps what it has read.
      const ajv = new Ajv2020({ strict: false, unicodeRegExp: true, validateSchema: false, logger: false }).compile(whole)
      for (const v of values) {
        const document = { _id: 'a', v }
        const isRight = judge?.judgeDocument({ id: 'a', document, size: 0 }) === undefined
        expect(isRight, canonicalJson({ whole, document })).toBe(ajv(document))
        compared++
        seen[isRight ? 'right' : 'wrong']++
      }
    }),
    { numRuns: 100 },
  )
  expect(compared).toBeGreaterThan(100)
  expect(Math.min(seen.right, seen.wrong)).toBeGreaterThan(20)
})
