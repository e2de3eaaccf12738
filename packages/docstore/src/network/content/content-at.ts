import { DAG_JSON, parseCid, type Replica, utf8 } from '@p2p-docstore/core'

/** The bytes of a CID at this peer: what a document says now, or a block of a file that a document names. Nothing that was deleted, has expired, lost or was changed. */
export async function contentAt(replica: Pick<Replica, 'content' | 'block'>, cid: string): Promise<Uint8Array | undefined> {
  if (parseCid(DAG_JSON, cid) === undefined) return replica.block(cid)
  const content = await replica.content(cid)
  return content === undefined ? undefined : utf8(content)
}
