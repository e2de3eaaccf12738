/** Name of the protocol by which relays grant usernames in a network, and tell who has them. */
export function namesProtocol(networkId: string): string {
  return `/docstore/${networkId}/names/1`
}
