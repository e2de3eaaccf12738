import * as dagCbor from '@ipld/dag-cbor'
import { describe, expect, it } from 'vitest'
import { MAX_TIME } from '../model/clock.ts'
import { decodeQuestion, decodeReply, encodeQuestion, encodeReply, EVERYTHING, type Question } from './ranges.ts'

const [none, one, two, three] = [new Uint8Array(), Uint8Array.of(1), Uint8Array.of(2), Uint8Array.of(3)]
const print = new Uint8Array(16).fill(7)
const everything: Question = { salt: undefined, ranges: [{ ...EVERYTHING, kind: 'print', print }] }

function item(first: number, at: bigint): Uint8Array {
  const bytes = new Uint8Array(40)
  bytes[0] = first
  new DataView(bytes.buffer).setBigUint64(32, at)
  return bytes
}

function question(...walk: readonly unknown[]): ReturnType<typeof decodeQuestion> {
  return decodeQuestion(dagCbor.encode([1, none, ...walk]))
}

function reply(walk: unknown, of = everything): ReturnType<typeof decodeReply> {
  return decodeReply(dagCbor.encode(walk), of)
}

const malformed = { ok: false, reason: 'malformed' }

describe('a question', () => {
  it('comes back as it was', () => {
    const ranges = [
      { low: none, high: one, kind: 'print' as const, print },
      { low: one, high: two, kind: 'print' as const, print },
      { low: three, high: none, kind: 'print' as const, print },
    ]
    for (const salt of [undefined, print]) expect(decodeQuestion(encodeQuestion({ salt, ranges }))).toEqual({ ok: true, value: { salt, ranges } })
  })

  it('of another formula is unsupported', () => {
    expect(decodeQuestion(dagCbor.encode([2, none, none, print]))).toEqual({ ok: false, reason: 'unsupported' })
  })

  it.each([
    ['no list', { ranges: [] }],
    ['nothing', []],
    ['no salt', [1]],
    ['a short salt', [1, new Uint8Array(15), none, print]],
    ['a formula that is no number', ['1', none, none, print]],
    ['items', [1, none, none, [none]]],
    ['half a step', [1, none, none]],
  ])('with %s is malformed', (_, value) => {
    expect(decodeQuestion(dagCbor.encode(value))).toEqual(malformed)
  })

  it('has 2,048 ranges at most, however many it passes over', () => {
    const walk = (count: number): unknown[] =>
      Array.from({ length: count }, (_, i) => [Uint8Array.of(i >> 8, i & 255, 1), i % 2 === 0 ? null : print]).flat()
    expect(question(...walk(4096)).ok).toBe(true)
    expect(question(...walk(4098))).toEqual({ ok: false, reason: 'malformed' })
  })
})

describe('a reply', () => {
  it('comes back as it was', () => {
    const ranges = [
      { low: none, high: one, kind: 'print' as const, print },
      { low: two, high: three, kind: 'items' as const, items: Uint8Array.from([...item(2, 5n), ...item(2, 6n).with(15, 9)]) },
    ]
    expect(decodeReply(encodeReply(ranges), everything)).toEqual({ ok: true, value: ranges })
    expect(decodeReply(encodeReply([]), everything)).toEqual({ ok: true, value: [] })
  })

  it.each([
    ['bounds that fall', [two, print, one, print]],
    ['a bound twice', [one, print, one, print]],
    ['an end before the end', [none, print, two, print]],
    ['a bound that is too long', [new Uint8Array(17), print]],
    ['a bound that is none', [7, print]],
    ['a short fingerprint', [none, new Uint8Array(15)]],
    ['half an item', [none, [new Uint8Array(39)]]],
    ['two lists in one', [none, [none, none]]],
    ['items that fall', [none, [Uint8Array.from([...item(3, 1n), ...item(2, 1n)])]]],
    ['an item twice', [none, [Uint8Array.from([...item(3, 1n), ...item(3, 1n)])]]],
    ['an item before its range', [two, null, three, [item(1, 1n)]]],
    ['an item behind its range', [two, [item(3, 1n)]]],
    ['a time that does not exist', [none, [item(3, BigInt(MAX_TIME) + 1n)]]],
    ['two steps that pass over', [one, null, two, null, none, print]],
    ['nothing after a step that passes over', [one, print, two, null]],
    ['a step without a bound', [one, print, two]],
    ['no list', { ranges: [] }],
  ])('with %s is malformed', (_, value) => {
    expect(reply(value)).toEqual(malformed)
  })

  it('speaks of nothing that was not asked', () => {
    const asked = question(one, null, two, print, three, null, none, print)
    if (!asked.ok) throw new Error(asked.reason)
    const inside = [
      [one, null, two, print],
      [one, null, Uint8Array.of(1, 5), print, two, [none], three, null, none, print],
      [three, null, Uint8Array.of(9), print],
      [],
    ]
    for (const walk of inside) expect(reply(walk, asked.value).ok).toBe(true)
    const outside = [
      [one, print],
      [one, null, three, print],
      [two, print],
      [two, null, three, print],
      [one, null, none, print],
      [Uint8Array.of(0, 1), null, two, print],
    ]
    for (const walk of outside) expect(reply(walk, asked.value)).toEqual(malformed)
  })

  it('has 4,096 ranges at most', () => {
    const walk = (count: number): unknown[] => Array.from({ length: count }, (_, i) => [Uint8Array.of((i + 1) >> 8, (i + 1) & 255), print]).flat()
    expect(reply(walk(4096)).ok).toBe(true)
    expect(reply(walk(4097))).toEqual({ ok: false, reason: 'malformed' })
  })
})
