import { cidOfBytes, type DAG_CBOR, type DAG_JSON, type DAG_PB, type RAW } from '@p2p-docstore/core'

/** A block of a CAR file: bytes, and the CID that follows from them. */
export interface Block {
  readonly cid: ReturnType<typeof cidOfBytes>
  readonly bytes: Uint8Array
}

/** The block of these bytes. */
export function blockOf(codec: typeof DAG_CBOR | typeof DAG_JSON | typeof DAG_PB | typeof RAW, bytes: Uint8Array): Block {
  return { cid: cidOfBytes(codec, bytes), bytes }
}
