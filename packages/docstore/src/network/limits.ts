/** Streams of our protocol that one connection may have open towards us; a session needs two. */
export const MAX_INBOUND_STREAMS = 8

/** How long a request may take to be answered, milliseconds. */
export const REQUEST_TIMEOUT_MS = 30_000

/** How long a stream may lie idle before the answering side closes it, milliseconds. Askers compare roots every half minute. */
export const IDLE_STREAM_MS: number = 3 * 60_000

/** How long a stream that we ended with an error waits for the other side to close it too, milliseconds. */
export const LINGER_MS = 1000

/** First and longest pause between two attempts to reach a relay, milliseconds. */
export const MIN_RETRY_MS = 250
export const MAX_RETRY_MS = 10_000

/** How long one attempt may take: asking for addresses, then dialling them. */
export const DIAL_TIMEOUT_MS = 10_000

/** Largest application message, bytes of UTF-8. */
export const MAX_MESSAGE_BYTES: number = 64 * 1024

/** Longest topic, UTF-16 units. */
export const MAX_TOPIC_LENGTH = 128

/** Topics that a relay forwards for others. */
export const MAX_FORWARDED_TOPICS = 1000

/** Relays that one peer keeps in touch with. */
export const MAX_RELAYS = 8
