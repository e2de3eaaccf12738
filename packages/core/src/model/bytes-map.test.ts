import { expect, it } from 'vitest'
import { sha256 } from '#crypto'
import { ByteNumbers, BytesMap } from './bytes-map.ts'

it('finds what was set by equal bytes, and nothing else', () => {
  const map = new BytesMap([
    [sha256('a'), 1],
    [sha256('b'), 2],
    [sha256('a'), 3],
  ])
  expect([map.get(sha256('a')), map.get(sha256('b')), map.get(sha256('c')), map.get(new Uint8Array())]).toEqual([3, 2, undefined, undefined])
  expect(map.size).toBe(2)
  expect([map.has(sha256('b')), map.has(sha256('c'))]).toEqual([true, false])
})

it('gives equal bytes equal numbers, others others, though they differ in two bits alone', () => {
  const numbers = new ByteNumbers()
  const all: Uint8Array[] = []
  for (let i = 0; i < 256; i++) for (let k = 0; k < i; k++) all.push(new Uint8Array(32).map((_, at) => bitOf(at, i) | bitOf(at, k)))
  const found = all.map((bytes) => numbers.of(bytes))
  expect(found).toEqual(all.map((_, i) => i))
  expect(all.map((bytes) => numbers.of(Uint8Array.from(bytes)))).toEqual(found)
})

function bitOf(at: number, bit: number): number {
  return at === bit >>> 3 ? 1 << (bit & 7) : 0
}
