/** Largest block, bytes: a batch of 2,048 records with the longest keys is smaller. */
export const MAX_BLOCK_BYTES: number = 2 * 1024 * 1024
/** Largest header of a CAR file, bytes. It names one root. */
export const MAX_HEADER_BYTES = 1024
/** Most bytes of contents that wait for the batch which names them. */
export const MAX_WAITING_BYTES: number = 2 * 1024 * 1024
/** Bytes of one batch of records, contents included. */
export const BATCH_BYTES: number = 192 * 1024
/** Most batches that one list names: 42 KB of links, so that tools which fetch block by block get them side by side. */
export const MAX_LISTED_BATCHES = 1024
/** Most files whose blocks come behind one list of files. */
export const MAX_LISTED_FILES = 1024
/** Most lists that an end names, 672 KB of links: 16 million batches. IPFS nodes pass on blocks of up to 1 MiB. */
export const MAX_LISTS = 16_384

/** Logs that are asked for at once, and bytes of acts from which on a block of them ends: it may have one more, and stays below the largest block. */
export const LOGS_PAGE = 256
export const LOG_BLOCK_BYTES: number = 1024 * 1024
