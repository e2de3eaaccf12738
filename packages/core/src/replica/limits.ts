/** Most bytes of one batch on the wire. Below the frame limit, with room for the message around it. */
export const MAX_BATCH_BYTES: number = 192 * 1024

/** Records read at a time to fill a batch: 4 MB where all are of the largest size, of which the batch takes one. */
export const EXPORT_PAGE = 32

/** Records that are looked at for one batch of some parts of a namespace. */
export const MAX_LOOKED = 4096

/** Versions read at a time into a tree: one or two milliseconds. */
export const TREE_PAGE = 512

/** Memory for all trees together, bytes: 1.5 to 2 million records. The least used go first, and one alone may be larger. */
export const MAX_TREE_BYTES: number = 128 * 1024 * 1024

/** Edits that went, of which a tree that nobody asks for is told: 100 bytes each. */
export const MAX_TREE_GONE = 65_536

/** An audit looks at one of so many parts of a namespace. */
export const AUDIT_PARTS = 16

/** Least and most records of an audit: a small namespace is cheap to look at whole, and 65,536 records take half a second. */
export const MIN_AUDITED = 1024
export const MAX_AUDITED = 65_536

/** Versions read at a time for an audit. They lie anywhere in the file: as many reads of the disk, where it is not in memory. */
export const AUDIT_PAGE = 64

/** Records that are looked at for audits, at once and per second after that: some four seconds of work, then a twentieth of one core. */
export const AUDIT_BUDGET: number = 2 ** 19
export const AUDIT_BUDGET_PER_SECOND: number = 2 ** 13

/** Namespaces that other peers may bring in. An open network must not be able to fill the list without end. */
export const MAX_NAMESPACES = 10_000

/** Former heads of which is known what they said, and their size, bytes: as many as a head names. */
export const MAX_HEAD_BODIES = 16
export const MAX_HEAD_BODIES_BYTES: number = 64 * 1024

/** Heads of other devices of an owner that are kept of a namespace, in case the one that took their place is a thief's. */
export const MAX_FORMER_HEADS = 4

/** Heads that have won of which is known when and by whom: the newest. */
export const MAX_HEAD_HISTORY = 64

/** Genesis, heads and signatures in one list of namespaces, bytes: below what a frame holds. One always fits. */
export const MAX_LISTING_BYTES: number = 128 * 1024

/** Records that get a new time in one transaction. */
export const REDATE_PAGE = 64

/** Bytes of replaced and deleted content are gone from the disk this long after the write at most, milliseconds. */
export const SCRUB_DELAY_MS = 1_000

/** The log is copied into the database this long after a write at most, milliseconds, so that it owes nothing when another program fills the disk. */
export const SETTLE_DELAY_MS = 5_000

/** Documents that one call may write; the callers cut longer input into such pieces. */
export const MAX_WRITES = 4096

/** Fields that one update may change: as many as one signature covers. */
export const MAX_UPDATE_FIELDS = 64

/** Updates whose result is remembered for callers who did not get it: those of some seconds, 2 MB. */
export const MAX_NOTED_UPDATES: number = 16 * 1024

/** Largest page of a query. */
export const MAX_PAGE = 10_000

/** Changes that wait for their namespaces, or were refused when these arrived, altogether: what somebody types, not what a program imports. */
export const MAX_PENDING = 4096
/** Their size on disk, bytes. */
export const MAX_PENDING_BYTES: number = 8 * 1024 * 1024

/** Records that are removed in one transaction. */
export const REMOVE_PAGE = 128

/** Persons and records that are looked for among all: of more, all are looked at. */
export const MAX_CONCERNED = 256

/** Positions among which one step looks for the records of some persons: it reads who wrote each of them. */
export const LOOK_SPAN = 4096

/** Documents that expire in one transaction. */
export const EXPIRE_PAGE = 128
/** How long nobody looks whether something has expired, milliseconds, where nobody reads and the clock says that nothing has. */
export const MAX_EXPIRY_SLEEP_MS: number = 60_000

const DAY_MS: number = 24 * 60 * 60_000
/** How long a version that lost is told as a conflict, at least, milliseconds: the next write over it after that settles it. */
export const CONFLICT_LIFE_MS: number = 30 * DAY_MS
/** How long tombstones, and what is left of what expired, are kept at least, milliseconds. */
export const TOMBSTONE_LIFE_MS: number = 180 * DAY_MS
/** All peers let them go at multiples of this, in Unix milliseconds, so that clocks which differ by minutes make no difference in between. */
export const FORGET_STEP_MS: number = 10 * DAY_MS
/** How far a clock may have gone on since it was last looked at to be believed at once, and how long it is doubted otherwise, milliseconds. */
export const MAX_BELIEVED_GAP_MS: number = 30 * DAY_MS
export const MAX_DOUBT_MS: number = 7 * DAY_MS
/** Records that are looked at in one transaction: a few milliseconds. */
export const FORGET_PAGE = 1024
/** When it is first looked whether something is to be forgotten, and how often after that, milliseconds. */
export const FIRST_FORGET_MS: number = 60_000
export const FORGET_EVERY_MS: number = 6 * 60 * 60_000

/** Records that are looked at in one step of an erasure. */
export const ERASE_PAGE = 512

/** Acts of logs that are in memory: a kilobyte each. */
export const MAX_LOADED_ACTS = 65_536
/** Logs of persons of whom nothing that is here of a namespace says that it needs them, and logs here that none needs yet. */
export const MAX_TOLD_LOGS: number = 16 * 1024
export const MAX_UNNEEDED_LOGS = 1024
/** Acts of a log that only the recovery key, or in a log of roles the owner, may still add, so that nobody else can fill it up. */
export const RESERVED_ACTS = 1024
/** The last of them in a log of roles: for devices of the owner that a recovery key let in. */
export const LAST_ACTS = 512
/** Tips of a log that others are told of. */
export const MAX_TIPS = 16
/** Records that are looked at in one step of writing again what another device wrote. */
export const ADOPT_PAGE = 256

/** How long ago a device that was stolen may have revoked others for that to be undone when it is revoked itself, milliseconds. What it says of before was its owner's. */
export const UNDONE_MS: number = 30 * DAY_MS

/** A batch of records that lie aside because logs took them away, bytes: a small value, which a full store takes too. */
export const ASIDE_BATCH_BYTES: number = 48 * 1024
/** What others wrote of that, bytes altogether. It stays for as long as tombstones do. */
export const MAX_ASIDE_BYTES: number = 64 * 1024 * 1024
