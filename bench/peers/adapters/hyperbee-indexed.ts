import { hyperbeeLibrary } from './hyperbee-library.ts'

/** Two more entries per document, as its guide does indexes. */
export const library = hyperbeeLibrary({ indexed: true })
