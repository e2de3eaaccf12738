import { decodeNetwork, DocstoreError, type Network } from '@p2p-docstore/core'

/** The network that descriptor bytes describe; throws where they are not valid. */
export function readNetwork(descriptor: Uint8Array): Network {
  const network = decodeNetwork(descriptor)
  if (!network.ok) throw new DocstoreError('bad-network', `The network descriptor is not valid (${network.reason})`)
  return network.value
}
