import type { Message } from '@libp2p/gossipsub'
import { concatBytes } from '@p2p-docstore/core'

/** `from ‖ seqno`, the fields of the message, as Go's library has it by default. That of JavaScript takes the key, and peers would ask for what they have. */
export function gossipId(message: Message): Uint8Array {
  if (message.type !== 'signed') return new Uint8Array()
  const seqno = new DataView(new ArrayBuffer(8))
  seqno.setBigUint64(0, message.sequenceNumber)
  return concatBytes(message.from.toMultihash().bytes, new Uint8Array(seqno.buffer))
}
