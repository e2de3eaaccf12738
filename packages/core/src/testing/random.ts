import type { Random } from '../model/keys/random.ts'

/** Random numbers that a seed determines. */
export interface SeededRandom extends Random {
  /** An integer, at least 0, below `limit`. */
  below(limit: number): number
  /** True with this probability. */
  chance(probability: number): boolean
  /** One of the items; throws where there is none. */
  pick<T>(items: readonly T[]): T
}

/** mulberry32: small, fast, and the same everywhere. */
export function seededRandom(seed: number): SeededRandom {
  let state = seed >>> 0
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = state
    mixed = Math.imul(mixed ^ (mixed >>> 15), mixed | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
  const below = (limit: number): number => Math.floor(next() * limit)
  return {
    next,
    below,
    chance: (probability) => next() < probability,
    pick: (items) => {
      const item = items[below(items.length)]
      if (item === undefined) throw new RangeError('nothing to pick from')
      return item
    },
    bytes: (length) => Uint8Array.from({ length }, () => below(256)),
  }
}
