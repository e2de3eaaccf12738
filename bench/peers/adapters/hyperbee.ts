import { hyperbeeLibrary } from './hyperbee-library.ts'

/** One entry per document; queries read everything. */
export const library = hyperbeeLibrary({ indexed: false })
