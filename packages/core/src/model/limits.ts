/** Largest content of one document, bytes of canonical JSON. Two of them fit in a frame beside their records. */
export const MAX_CONTENT_BYTES: number = 120 * 1024

/** Deepest nesting of a document. SQLite's JSON functions stop at 1,000; 64 is beyond any real document. */
export const MAX_CONTENT_DEPTH = 64

/** Most names on the path of an edit. */
export const MAX_EDIT_PATH_LENGTH = 16

/** Longest path of an edit, bytes of its JSON: with the longest key, a record is below its limit. */
export const MAX_EDIT_PATH_BYTES = 200

/** Largest content of an edit, bytes. All edits of one document are read to merge it, so this bounds what one more of them costs: 4 MiB of JSON. */
export const MAX_EDIT_BYTES: number = 32 * 1024

/** Edits that a document has beside its content at most: the newest of them. */
export const MAX_EDITS = 128

/** Fields of a document of a map that writers let be edited by themselves: half of `MAX_EDITS`, so that two who were apart lose none of each other's. */
export const MAX_MAP_EDITS: number = MAX_EDITS / 2

/** Parts that one author's data makes of a shared document at most. */
export const MAX_CRDT_PARTS = 64

/** Versions of a document that are kept though others won over them: the newest of those that no later one has seen. */
export const MAX_LOSERS = 16

/** Authors whose versions a record names as seen. Beyond that it says up to when it has seen everybody. */
export const MAX_SEEN_AUTHORS = 16

/** Longest record key (`collection/id`), bytes of UTF-8. Keys live in every index. */
export const MAX_KEY_BYTES = 512

/** Largest genesis, bytes of dag-cbor. */
export const MAX_GENESIS_BYTES: number = 2 * 1024

/** Largest head, bytes of dag-cbor. Room for about 200 grants of a later version. */
export const MAX_HEAD_BYTES: number = 16 * 1024

/** Largest network descriptor, bytes of dag-cbor. It has to fit in a join link. */
export const MAX_DESCRIPTOR_BYTES = 1024

/** Largest encoded record, bytes of dag-cbor: the longest key, path and list of what was seen, plus four CID-sized fields. */
export const MAX_RECORD_BYTES: number = MAX_KEY_BYTES + 1024

/** Records that one signature may cover. 64 hashes are 2 KiB, so a record that travels alone stays small. */
export const MAX_SEAL_RECORDS = 64

/** Records that are signed together here: seals of 61 lie two to a page of the database, those of 64 leave nearly half of it empty. */
export const RECORDS_PER_SEAL = 61

/** Longest name of a network or title of a namespace, UTF-16 units. */
export const MAX_TITLE_LENGTH = 128
/** Longest description of a namespace, UTF-16 units: with every unit three bytes it fills less than half of a head. */
export const MAX_DESCRIPTION_LENGTH = 2048

/** Longest time for which earlier versions can be kept, days: ten years. */
export const MAX_HISTORY_DAYS = 3650
/** Collections of which a head says something. */
export const MAX_SET_COLLECTIONS = 64
/** Largest JSON Schema of a collection, bytes of canonical JSON: half of a head. */
export const MAX_SCHEMA_BYTES: number = 8 * 1024
/** Fields that one setting of a collection names, and the longest of them, UTF-16 units. */
export const MAX_COLLECTION_FIELDS = 16
export const MAX_FIELD_PATH_LENGTH = 200

/** Longest display name, and what somebody says about himself, UTF-16 units. */
export const MAX_DISPLAY_NAME_LENGTH = 64
export const MAX_ABOUT_LENGTH = 1024
/** Longest username: 32 characters, and a domain behind them. */
export const MAX_USERNAME_LENGTH = 128
/** Largest picture of a profile, bytes: one block, so that its CID alone is enough to ask for it. */
export const MAX_PICTURE_BYTES: number = 256 * 1024

/** How far a record's time may lie ahead of our clock before it is held back, milliseconds. */
export const MAX_FUTURE_MS: number = 5 * 60_000

/** Largest certificate, revocation or voucher, bytes of dag-cbor. */
export const MAX_MEMBERSHIP_BYTES = 1024

/** Longest name that an authority gives an invitation, UTF-16 units. */
export const MAX_LABEL_LENGTH = 128

/** Longest libp2p peer id, characters. */
export const MAX_PEER_ID_LENGTH = 64

/** Largest descriptor of a peer, bytes of dag-cbor: room for the lists below at their usual lengths. */
export const MAX_PEER_DESCRIPTOR_BYTES: number = 6 * 1024

/** Addresses of a peer in the directory, and how long each may be, characters. */
export const MAX_PEER_ADDRESSES = 16
export const MAX_ADDRESS_LENGTH = 256

/** Services that a peer may name. */
export const MAX_PEER_SERVICES = 16

/** Connections that a peer tells others of. */
export const MAX_PEER_LINKS = 48

/** How long a descriptor of a peer may hold, milliseconds. */
export const MAX_PEER_LIFE_MS: number = 24 * 60 * 60_000

/** Servers that tell a browser its public address, in a network descriptor. */
export const MAX_STUN_SERVERS = 4

/** Keys that may invite into a network. */
export const MAX_AUTHORITIES = 16

/** Heads before the last one that a head names: those of some days on which an owner's devices do not meet. */
export const MAX_PAST_HEADS = 16

/** Largest genesis of a person, bytes of dag-cbor. */
export const MAX_PERSON_BYTES = 256

/** Largest act of a log, bytes of dag-cbor: room for sixteen parents beside the records that one act removes. */
export const MAX_ACT_BYTES: number = 2 * 1024
/** Acts that one names as those right before it. */
export const MAX_ACT_PARENTS = 16
/** Acts of one log from which its state is made. Which of them lie before which takes a bit for each two of them: 32 MiB while the state is made. */
export const MAX_LOG_ACTS: number = 16 * 1024
/** Records that one act removes. */
export const MAX_REMOVED_RECORDS = 32
/** Longest name of a device, UTF-16 units. */
export const MAX_DEVICE_LABEL_LENGTH = 64

/** How often a namespace is halved at most: 64 parts. */
export const MAX_SPLIT = 6
