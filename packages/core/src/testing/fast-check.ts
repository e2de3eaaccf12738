import fc from 'fast-check'
import { inject } from 'vitest'

declare module 'vitest' {
  interface ProvidedContext {
    /** From which `fast-check` draws its samples; `FC_SEED`. */
    propertySeed: number
  }
}

// Every run tries the same samples, so that a change is what makes a test fail; `npm run soak:properties` tries others.
fc.configureGlobal({ seed: inject('propertySeed') })

export { fc }
