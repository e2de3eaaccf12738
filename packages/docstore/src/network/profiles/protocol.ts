/** Name of the protocol by which relays tell profiles in a network. */
export function profilesProtocol(networkId: string): string {
  return `/docstore/${networkId}/profiles/1`
}
