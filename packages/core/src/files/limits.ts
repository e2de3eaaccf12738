/** Bytes of each piece of a file but the last: what IPFS tools cut files into unless told otherwise. One piece fits in a frame of its own. */
export const CHUNK_BYTES: number = 256 * 1024

/** Links of a node: what IPFS tools put into one unless told otherwise. */
export const MAX_LINKS = 174

/** Largest file, bytes: 4,096 pieces below 24 nodes and a root. */
export const MAX_FILE_BYTES: number = 1024 * 1024 * 1024

/** Largest node, bytes: 174 links of the longest kind take less than half of it. */
export const MAX_NODE_BYTES: number = 32 * 1024

/** Missing blocks that are named at a time. */
export const MAX_MISSING = 64

/** Pieces that one call stores: 2 MiB. */
export const MAX_STORED_PIECES = 8

/** Nodes that are kept in memory while files are read, some 6 KiB each. */
export const MAX_CACHED_NODES = 64

/** Blocks that are removed in one transaction: 4 MiB that the log takes, as zeros. */
export const CLEARED_BLOCKS = 16

/** How long pieces are kept of a file that was never finished, milliseconds: who puts it again sends no piece twice to the disk. */
export const UPLOAD_LIFE_MS: number = 24 * 60 * 60_000

/** Files that are not whole that one call lists. */
export const MAX_LISTED_PARTIAL = 1000

/** How long a store that closes goes on removing blocks, milliseconds. */
export const LAST_CLEARING_MS = 5_000
