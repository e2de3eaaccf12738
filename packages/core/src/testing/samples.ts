import { inject } from 'vitest'

declare module 'vitest' {
  interface ProvidedContext {
    /** Whether there is time for many samples. */
    isSoak: boolean
  }
}

/** How many random samples a test tries: some in `npm test`, whose seeds are always the same, and many in `npm run soak:properties`. */
export function samples(some: number, many: number): number {
  return inject('isSoak') ? many : some
}
