/** Name of the protocol by which files travel in a network. */
export function filesProtocol(networkId: string): string {
  return `/docstore/${networkId}/files/1`
}
