/** Name of the protocol by which a device becomes one of a person's, in a network. */
export function pairingProtocol(networkId: string): string {
  return `/docstore/${networkId}/pairing/1`
}

/** How long a question whether it is decided waits for that, milliseconds: less than any stream may be silent. */
export const POLL_MS = 5000
/** Streams of this protocol that one connection may have open: one is enough, and one that broke may not have been noticed yet. */
export const MAX_STREAMS = 4
