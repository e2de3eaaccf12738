import { expect, it } from 'vitest'
import { partsOfRange } from '../sets/part-spans.ts'
import { Ledger } from './ledger.ts'

it('what is pulled of some parts is not what was pulled of others, but of as many as one asks for, somebody gets the same again', () => {
  const ledger = new Ledger()
  const pull = (since: number, seq: number, index?: number): boolean =>
    ledger.pulled('ns', { since, seq, parts: index === undefined ? undefined : partsOfRange(6, index) })
  expect([pull(0, 100), pull(0, 100, 0), pull(0, 100, 1), pull(100, 200, 1), pull(100, 200)]).toEqual(Array(5).fill(false))
  expect([pull(0, 100), pull(0, 100, 1)]).toEqual([true, true])
  expect(Array.from({ length: 64 }, (_, i) => pull(0, 100, i)).filter((isAgain) => !isAgain)).toHaveLength(13)
  ledger.rest()
  expect(pull(0, 100, 1)).toBe(false)
})
