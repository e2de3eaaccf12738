import { generateKeyPairFromSeed } from '@libp2p/crypto/keys'
import { peerIdFromPrivateKey } from '@libp2p/peer-id'
import { toHex } from '@p2p-docstore/core'
import { expect, it } from 'vitest'
import { gossipId } from './gossip-id.ts'

it('the id of a message is made of its fields: the peer id as multihash, and eight bytes of the number', async () => {
  const key = await generateKeyPairFromSeed('Ed25519', new Uint8Array(32).fill(1))
  const id = gossipId({
    type: 'signed',
    from: peerIdFromPrivateKey(key),
    data: new Uint8Array(),
    sequenceNumber: 0x1122n,
    topic: '',
    signature: new Uint8Array(),
    key: key.publicKey,
  })
  expect(toHex(id)).toBe(`002408011220${toHex(key.publicKey.raw)}0000000000001122`)
})
