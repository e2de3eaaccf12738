/** Name of the protocol by which relays tell each other how their sectors stand in a network. */
export function statusProtocol(networkId: string): string {
  return `/docstore/${networkId}/status/1`
}
