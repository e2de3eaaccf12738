import { expect, it } from 'vitest'
import { sha256 } from '#crypto'
import { HashSum } from './hash-sum.ts'

it('the sum of everything is the sum of the parts', () => {
  const [all, left, right] = [new HashSum(), new HashSum(), new HashSum()]
  for (let i = 0; i < 100; i++) {
    all.add(sha256(`${i}`))
    ;(i < 40 ? left : right).add(sha256(`${i}`))
  }
  left.addAll(right)
  expect(left.equals(all)).toBe(true)
  expect(HashSum.fromBytes(all.toBytes()).equals(all)).toBe(true)
  for (let i = 0; i < 100; i++) all.subtract(sha256(`${i}`))
  expect(all.equals(new HashSum())).toBe(true)
})
