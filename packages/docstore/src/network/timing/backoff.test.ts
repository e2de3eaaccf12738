import { describe, expect, it } from 'vitest'
import { Backoff } from './backoff.ts'

describe('pauses between attempts', () => {
  it('double up to ten seconds, for ever, and begin anew after a success', () => {
    const backoff = new Backoff(() => 1)
    expect(Array.from({ length: 8 }, () => backoff.fail())).toEqual([250, 500, 1000, 2000, 4000, 8000, 10_000, 10_000])
    for (let i = 0; i < 10_000; i++) expect(backoff.fail()).toBe(10_000)
    backoff.reset()
    expect(backoff.fail()).toBe(250)
  })

  it('are spread over half of their length, so that peers of one relay do not come back at one moment', () => {
    const pauses = [0, 0.25, 0.5, 0.75].map((chance) => {
      const backoff = new Backoff(() => chance)
      for (let i = 0; i < 6; i++) backoff.fail()
      return backoff.fail()
    })
    expect(pauses).toEqual([5000, 6250, 7500, 8750])
  })
})
