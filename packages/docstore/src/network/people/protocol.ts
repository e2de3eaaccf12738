/** Name of the protocol by which relays tell who a recovery key belongs to, in a network. */
export function peopleProtocol(networkId: string): string {
  return `/docstore/${networkId}/people/1`
}
