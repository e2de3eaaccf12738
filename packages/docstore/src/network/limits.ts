/** Connections that one peer may have to another; one is enough, and one that broke may not have been noticed yet. */
export const MAX_CONNECTIONS_PER_PEER = 4

/** Connections of a relay. */
export const MAX_CONNECTIONS = 2000

/** Streams of our protocol that one connection may have open towards us; a session needs two. */
export const MAX_INBOUND_STREAMS = 8

/** Streams of all protocols that one connection may have open towards us. */
export const MAX_STREAMS_PER_CONNECTION = 128

/** How long a stream may take to open and to be greeted, milliseconds. */
export const HELLO_TIMEOUT_MS = 10_000

/** How long a request may take to be answered, and a frame to arrive once it has begun, milliseconds. */
export const REQUEST_TIMEOUT_MS = 30_000

/** How long a stream may lie idle before the answering side closes it, milliseconds. Askers compare roots every half minute. */
export const IDLE_STREAM_MS: number = 3 * 60_000

/** How long a stream that we ended with an error waits for the other side to close it too, milliseconds. */
export const LINGER_MS = 1000

/** How long two peers may take to tell each other which protocols they speak, milliseconds. */
export const IDENTIFY_TIMEOUT_MS = 8000

/** Largest message in which a peer says who it is and where it is reached, bytes: room for the addresses below, twice. */
export const MAX_IDENTIFY_BYTES: number = 32 * 1024

/** Addresses that a peer tells others. With eight relays of three addresses each there would be more than fit. */
export const MAX_ANNOUNCED_ADDRESSES = 32

/** How long a relay may take to tell its addresses, milliseconds. */
export const ADDRESSES_TIMEOUT_MS = 10_000

/** How long a relay whose addresses of the last time are known may take to tell the current ones, milliseconds. */
export const KNOWN_RELAY_TIMEOUT_MS = 3000

/** How long a peer may take to answer a ping, milliseconds, where a connection may have broken unnoticed. */
export const PROBE_TIMEOUT_MS = 3000

/** How long relays that stand still are waited for once another one is done, milliseconds. */
export const GRACE_MS = 1000

/** Largest application message, bytes of UTF-8. */
export const MAX_MESSAGE_BYTES: number = 64 * 1024

/** Longest topic, UTF-16 units. */
export const MAX_TOPIC_LENGTH = 128

/** Topics that a relay forwards for others. */
export const MAX_FORWARDED_TOPICS = 1000

/** Peers besides relays with which one peer keeps its namespaces equal; others reach them through these. */
export const MAX_NEIGHBOURS = 8

/** Relays that one peer keeps in touch with. */
export const MAX_RELAYS = 8

/** How long the two ends of a new connection may take to let each other in, milliseconds. */
export const ADMISSION_TIMEOUT_MS = 5000

/** Connections of a relay that are left for telling newcomers that it is full. */
export const SPARE_CONNECTIONS = 100

/** Revocations that a network remembers. Only its authorities make them, and they never expire. */
export const MAX_REVOCATIONS = 10_000
