import { createSeed, type Identity, identityFromSeed, type Network, packSigned, type PeerDescriptor, signPeerDescriptor } from '@p2p-docstore/core'
import { peerIdOfKey } from '../directory/entry.ts'
import type { PackedEntry } from '../directory/messages.ts'

/** A peer that exists on paper: its key, and what it says of itself. */
export class DescribedPeer {
  readonly key: Identity
  readonly id: string
  readonly #network: Network

  constructor(network: Network, seed: Uint8Array = createSeed()) {
    this.#network = network
    this.key = identityFromSeed(seed)
    this.id = peerIdOfKey(this.key.author)
  }

  /** Its descriptor, signed. */
  entry(fields: Partial<Omit<PeerDescriptor, 'v' | 't' | 'net' | 'by'>> = {}): PackedEntry {
    const at = fields.at ?? Date.now()
    const all = {
      identity: null,
      addresses: ['/dns4/peer.example/tcp/4001'],
      origin: null,
      services: [],
      limits: {},
      links: [],
      since: at,
      at,
      expires: at + 600_000,
      ...fields,
    }
    return { kind: 'peer', packed: packSigned(signPeerDescriptor(this.#network.cid, all, this.key)) }
  }
}
