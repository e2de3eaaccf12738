/// <reference types="node" />
import { describe, expect, it } from 'vitest'
import { HostileRun } from '../testing/hostile-run.ts'

/** `SEED=n` replays one run, `SEEDS=n` runs so many, as `npm run soak:hostile` does; what a failing one prints is enough to see it again. */
const { SEED, SEEDS = '60' } = process.env
const first = SEED === undefined ? 1 : Number(SEED)
const count = SEED === undefined ? Number(SEEDS) : 1

describe('peers in a hostile network', () => {
  it(`end equal, with every acknowledged write: ${count} seeds`, { timeout: 1_200_000 * Math.max(1, count / 1000) }, async () => {
    let slowest = 0
    for (let seed = first; seed < first + count; seed++) {
      try {
        const figures = await new HostileRun(seed).run()
        slowest = Math.max(slowest, figures.healedAfterMs)
        if (SEED !== undefined) console.log(figures)
      } catch (cause) {
        throw new Error(`Seed ${seed} failed; replay it with SEED=${seed}`, { cause })
      }
    }
    expect(slowest).toBeLessThanOrEqual(45 * 60_000)
  })
})
