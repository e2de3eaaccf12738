import { generateKeyPair, privateKeyFromProtobuf, privateKeyToProtobuf } from '@libp2p/crypto/keys'
import type { PrivateKey } from '@libp2p/interface'
import type { Replica } from '@p2p-docstore/core'

/** Name of the value that holds the installation's key. It identifies the node, not the person. */
const PEER_KEY = 'peer-key'

/** The peer key of this data; made on first use. */
export async function peerKey(replica: Replica): Promise<PrivateKey> {
  const stored = await replica.getMeta(PEER_KEY)
  if (stored !== undefined) return privateKeyFromProtobuf(stored)
  const key = await generateKeyPair('Ed25519')
  await replica.setMeta(PEER_KEY, privateKeyToProtobuf(key))
  return key
}
