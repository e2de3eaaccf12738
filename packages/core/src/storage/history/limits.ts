/** Earlier versions of a document that are shown at most, the newest. */
export const MAX_VERSIONS = 64

/** Records that a document may have beyond those before they are looked through. */
export const VERSION_SLACK = 16

/** One in so many records that come has the others of its document counted. */
export const COUNTED_PART = 8

/** Records that are added before their sum is stored. */
export const STORE_EVERY = 64

/** What the earlier versions of one namespace may take here, bytes; the oldest go first. */
export const MAX_HISTORY_BYTES: number = 64 * 1024 * 1024

/** Part of a store's size limit that they may take. */
export const HISTORY_PART: number = 1 / 8

/** What a record takes beside its content, with its place in the index, bytes: an estimate. */
export const ROW_BYTES = 160

/** Records beyond its share that one commit removes, beside as many as it added. */
export const TRIMMED_ROWS = 32

/** Records that give way at once where a write finds no room, and how often that is tried. */
export const GIVEN_ROWS = 512
export const MAX_GIVEN = 8
