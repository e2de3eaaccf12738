/** Largest content of one document, bytes of canonical JSON. Two of them fit in a frame beside their records. */
export const MAX_CONTENT_BYTES: number = 120 * 1024

/** Deepest nesting of a document. SQLite's JSON functions stop at 1,000; 64 is beyond any real document. */
export const MAX_CONTENT_DEPTH = 64

/** Longest record key (`collection/id`), bytes of UTF-8. Keys live in every index. */
export const MAX_KEY_BYTES = 512

/** Largest genesis, bytes of dag-cbor. */
export const MAX_GENESIS_BYTES: number = 2 * 1024

/** Largest head, bytes of dag-cbor. Room for about 200 grants of a later version. */
export const MAX_HEAD_BYTES: number = 16 * 1024

/** Largest network descriptor, bytes of dag-cbor. It has to fit in a join link. */
export const MAX_DESCRIPTOR_BYTES = 1024

/** Largest encoded record, bytes of dag-cbor: the longest key plus four CID-sized fields. */
export const MAX_RECORD_BYTES: number = MAX_KEY_BYTES + 512

/** Records that one signature may cover. 64 hashes are 2 KiB, so a record that travels alone stays small. */
export const MAX_SEAL_RECORDS = 64

/** Longest name of a network or title of a namespace, UTF-16 units. */
export const MAX_TITLE_LENGTH = 128

/** How far a record's time may lie ahead of our clock before it is held back, milliseconds. */
export const MAX_FUTURE_MS: number = 5 * 60_000
