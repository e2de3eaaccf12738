/** Most bytes of one batch on the wire. Below the frame limit, with room for the message around it. */
export const MAX_BATCH_BYTES: number = 192 * 1024

/** Records read at a time to fill a batch: 4 MB where all are of the largest size, of which the batch takes one. */
export const EXPORT_PAGE = 32

/** Versions read at a time into a tree: one or two milliseconds. */
export const TREE_PAGE = 512

/** Memory for all trees together, bytes: 1.5 to 2 million records. The least used go first, and one alone may be larger. */
export const MAX_TREE_BYTES: number = 128 * 1024 * 1024

/** Namespaces that other peers may bring in. An open network must not be able to fill the list without end. */
export const MAX_NAMESPACES = 10_000

/** Bytes of replaced and deleted content are gone from the disk this long after the write at most, milliseconds. */
export const SCRUB_DELAY_MS = 1_000

/** Documents that one call may write; the callers cut longer input into such pieces. */
export const MAX_WRITES = 4096

/** Largest page of a query. */
export const MAX_PAGE = 10_000
