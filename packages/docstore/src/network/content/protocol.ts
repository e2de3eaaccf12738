/** Name of the protocol by which relays give content by its CID in a network. */
export function contentProtocol(networkId: string): string {
  return `/docstore/${networkId}/content/1`
}
