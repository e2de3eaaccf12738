import type { Identity } from '../../model/identity.ts'
import { type SignedHead, signHead } from '../../model/namespace.ts'

/** The next head of a namespace: as the last one, with another time. */
export function redatedHead({ head, hash }: SignedHead, at: number, owner: Identity): SignedHead {
  return signHead({ net: head.net, ns: head.ns, epoch: head.epoch, seq: head.seq + 1, prev: hash, at, body: head.body }, owner)
}
