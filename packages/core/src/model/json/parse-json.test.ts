import { describe, expect, it } from 'vitest'
import { errorCode, errorMessage } from '../../errors.ts'
import { isHeld } from './json-number.ts'
import { LongNumber, parseJson, readJson } from './parse-json.ts'
import { fc } from '../../testing/fast-check.ts'

function fault(text: string, options?: Parameters<typeof parseJson>[1]): readonly [code: string, message: string] {
  try {
    parseJson(text, options)
  } catch (error) {
    return [errorCode(error), errorMessage(error)]
  }
  return ['none', '']
}

describe('numbers', () => {
  it('are read where a double prints the same number again, however it was written', () => {
    const exact = '[1.20, 1e3, 1.0, -0, 0, 100000000000000000000, 1E23, 9007199254740992, 0.10000000000000001, 99999999999999991611392, 5e-324]'
    expect(parseJson(exact)).toEqual(JSON.parse(exact))
    fc.assert(
      fc.property(fc.double({ noNaN: true, noDefaultInfinity: true }), (value) => {
        expect(parseJson(`[${value}]`)).toEqual([JSON.parse(String(value))])
      }),
    )
  })

  it('are refused with their place where digits of an integer would change, or the whole would', () => {
    for (const lost of [
      '9007199254740993',
      '-9007199254740993',
      '1234567890123456789',
      '9007199254740993.0',
      '9007199254740993e0',
      '1e400',
      '1e-400',
    ]) {
      const [code, message] = fault(`{\n  "a": ${lost}}`)
      expect([lost, code]).toEqual([lost, 'inexact-number'])
      expect(message).toContain(`Line 2, column 8: the number ${lost} cannot be kept`)
    }
    expect(fault('7\n9007199254740993'.slice(2), { firstLine: 2 })[1]).toContain('Line 2, column 1')
    // An amount whose cents would change.
    expect(fault('90071992547409.93')[0]).toBe('inexact-number')
  })

  it('with a fraction are measured, not counted: what lies behind their millionths may go', () => {
    expect(parseJson('[-73.98765432109876543210, 0.1234567890123456789, 8589934591.123456]')).toEqual([
      -73.98765432109876, 0.12345678901234568, 8589934591.123456,
    ])
  })

  it('are held as integers exactly where the double is the integer, or prints as it', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: -(2n ** 70n), max: 2n ** 70n }), (integer) => {
        const value = Number(integer)
        expect(isHeld(String(integer), value)).toBe(BigInt(value) === integer || String(value) === String(integer))
      }),
    )
  })

  it('are kept as text where that is wanted, and only those', () => {
    expect(parseJson('{"id":1523456789012345678,"n":[1.50,1e400]}', { longNumbers: 'text' })).toEqual({
      id: '1523456789012345678',
      n: [1.5, '1e400'],
    })
    const { value, isMarked } = readJson('{"id":1523456789012345678}')
    expect([value, isMarked]).toEqual([{ id: new LongNumber('1523456789012345678', { line: 1, column: 7 }) }, true])
  })
})

describe('what JSON.parse drops or lets pass', () => {
  it('is named with its place: a field that is there twice, half a character', () => {
    expect(fault('{"a":1,\n "b":{"c":2,"c":9007199254740993}}')).toEqual(['duplicate-key', 'Line 2, column 13: the field "c" is here twice'])
    expect(fault('[{"a":"x"},\n{"a":"\\ud83d"}]')).toEqual(['bad-json', 'Line 2, column 6: this text has half a character in it (a lone surrogate)'])
    expect(fault('{"\\udc00":1}')[0]).toBe('bad-json')
    expect(fault(`${'['.repeat(100_000)}${']'.repeat(100_000)}`)[0]).toBe('bad-json')
    expect(fault('{"a":1,"\\u0061":2}')[0]).toBe('duplicate-key')
  })

  it('leaves everything else as JSON.parse reads it', () => {
    const same = [
      '{"__proto__":{"x":1},"constructor":2}',
      '"\\ud83d\\ude00 é \\\\ \\" : 12345678901234567890"',
      '\ufeff{"a":[{},[],"",null,true,false]}',
    ]
    for (const text of same) expect(JSON.stringify(parseJson(text))).toBe(JSON.stringify(JSON.parse(text.replace('\ufeff', ''))))
    fc.assert(
      fc.property(fc.jsonValue(), fc.constantFrom(undefined, 2), (value, indent) => {
        const text = JSON.stringify(value, null, indent)
        expect(JSON.stringify(parseJson(text))).toBe(JSON.stringify(JSON.parse(text)))
        // Through the reader that knows places, too.
        expect(JSON.stringify(parseJson(`[1e-400,${text}]`, { longNumbers: 'text' }))).toBe(JSON.stringify(['1e-400', JSON.parse(text)]))
      }),
    )
  })
})
