import type { Identity } from '../../model/keys/identity.ts'
import { pastAfter } from '../../model/namespace/head-past.ts'
import { type SignedHead, signHead } from '../../model/namespace/namespace.ts'

/** What writing a head anew takes. */
interface Renewing {
  readonly epoch: number
  readonly clock: { next(after: number): number }
  readonly identity: Identity
}

/** A head in the place of the last one, that says what another one said which counts. */
export function renewedHead(last: SignedHead, said: SignedHead, { epoch, clock, identity }: Renewing): SignedHead {
  const { net, ns, seq } = last.head
  const { at, body } = said.head
  // What relays have given up by it may be nowhere else any more.
  const split = Math.max(body.split ?? 0, last.head.body.split ?? 0)
  const renewed = { ...body, created: body.created ?? at, ...(split === 0 ? {} : { split }) }
  return signHead({ net, ns, epoch, seq: seq + 1, prev: last.hash, ...pastAfter(last), at: clock.next(at), body: renewed }, identity)
}
