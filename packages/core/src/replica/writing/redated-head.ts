import { pastAfter } from '../../model/namespace/head-past.ts'
import type { Identity } from '../../model/keys/identity.ts'
import { type SignedHead, signHead } from '../../model/namespace/namespace.ts'

/** The next head of a namespace: as the last one, with another time. */
export function redatedHead(signed: SignedHead, at: number, owner: Identity): SignedHead {
  const { net, ns, epoch, seq, body } = signed.head
  const { created } = body
  // It cannot have been made later than now.
  const right = created === undefined ? body : { ...body, created: Math.min(created, at) }
  return signHead({ net, ns, epoch, seq: seq + 1, prev: signed.hash, ...pastAfter(signed), at, body: right }, owner)
}
