import { expect, it } from 'vitest'
import { sha256 } from '#crypto'
import { utf8, utf8Length } from './bytes.ts'
import { canonicalJson, jsonCopy } from './content.ts'
import { cidOf, cidText, DAG_CBOR, DAG_JSON, RAW } from './encoding/cid.ts'
import { fc } from '../testing/fast-check.ts'

const text = fc.string({ unit: fc.constantFrom('a', 'é', '€', '😀', '\ud83d', '\ude00', '\0') })

it('the length of a text is that of its UTF-8, halves of pairs included', () => {
  fc.assert(
    fc.property(text, (value) => {
      expect(utf8Length(value)).toBe(utf8(value).length)
    }),
  )
})

it('the text of a CID is that of the CID', () => {
  for (const codec of [DAG_JSON, DAG_CBOR, RAW, DAG_JSON]) {
    const digest = sha256(`${codec}`)
    expect(cidText(codec, digest)).toBe(cidOf(codec, digest).toString())
  }
})

it('what JSON makes of a value is what is read of its canonical text', () => {
  const value = fc.oneof(fc.jsonValue().filter(hasNoReservedName), fc.constantFrom(-0, 2 ** 53, 1.5, new Date(0), { a: undefined }))
  fc.assert(
    fc.property(value, (one) => {
      expect(jsonCopy(one)).toStrictEqual(JSON.parse(canonicalJson(one)))
    }),
  )
  for (const refused of ['\ud800', Number.NaN, 1n, undefined])
    expect(() => jsonCopy(refused)).toThrow(expect.objectContaining({ code: 'bad-document' }))
})

/** "/" is the field name of links and bytes; "__proto__" sets what it should not in many a reader. Documents cannot have either. */
function hasNoReservedName(value: unknown): boolean {
  return !/"(?:\/|__proto__)":/.test(JSON.stringify(value))
}
