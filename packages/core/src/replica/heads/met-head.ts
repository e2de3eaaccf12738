import { equalBytes } from '../../model/bytes.ts'
import { encodeCbor } from '../../model/encoding/cbor.ts'
import type { HeadBody } from '../../model/namespace/head-body.ts'
import { hasSeen, headMark, pastAfter } from '../../model/namespace/head-past.ts'
import type { Identity } from '../../model/keys/identity.ts'
import { MAX_HEAD_BYTES, MAX_PAST_HEADS } from '../../model/limits.ts'
import { type DecodedGenesis, headWins, type SignedHead, signHead } from '../../model/namespace/namespace.ts'
import { FIRST_PROFILE_BODY } from '../../model/namespace/profile.ts'
import { PROFILE_KIND } from '../../model/namespace/static-profile.ts'
import type { Storage } from '../../storage/storage.ts'
import type { OpenNamespace } from '../open-namespace.ts'
import { commonBody, formerHeads } from './head-bodies.ts'
import { mergedBody } from './merged-body.ts'

/** What becomes of two heads that meet at a device of the owner. */
export interface MetHead {
  /** The head from here on: one of the two, or one that says what both changed. */
  readonly head: SignedHead
  /** Fields that both changed, and what the one said that lost. */
  readonly lost: readonly string[]
  readonly body: HeadBody
}

/**
 * Puts together what two devices of the owner changed without having seen each other's change. Every device that has both heads makes the same
 * of them, byte by byte, so that they do not answer each other for ever.
 */
export async function metHead(
  { id, genesis, head: ours }: Pick<OpenNamespace, 'id' | 'genesis' | 'head'>,
  theirs: SignedHead,
  { storage, identity }: { storage: Storage; identity: Identity },
): Promise<MetHead> {
  const [winner, loser] = headWins(theirs, ours) ? [theirs, ours] : [ours, theirs]
  // One that wins by its parts alone may be old: what is newer stands all the same.
  const [newer, older] = isLater(winner, loser) ? [winner, loser] : [loser, winner]
  const unchanged: MetHead = { head: winner, lost: [], body: older.head.body }
  if (hasSeen(winner, loser.hash)) return unchanged
  const former = await formerHeads(storage, id)
  // One that was here before has lost already.
  const mark = headMark(theirs.hash)
  if (former.some((one) => equalBytes(one.mark, mark))) return unchanged
  const base = commonBody(former, theirs) ?? commonFirstBody(genesis, ours, theirs)
  // They parted too long ago to know who changed what.
  if (base === undefined && newer === winner) return unchanged
  const { body, lost } =
    base === undefined ? mergedBody(older.head.body, newer.head.body, older.head.body) : mergedBody(base, newer.head.body, older.head.body)
  if (equalBytes(encodeCbor(body), encodeCbor(winner.head.body))) return { ...unchanged, lost }
  const { net, ns, epoch } = winner.head
  const seq = newer.head.seq
  const at = Math.max(winner.head.at, loser.head.at) + 1
  const head = signHead({ net, ns, epoch, seq: seq + 1, prev: winner.hash, ...pastAfter(winner, loser), at, body }, identity)
  return head.bytes.length > MAX_HEAD_BYTES ? unchanged : { ...unchanged, head, lost }
}

/** Whether one of two heads is the later one, however both are split. */
function isLater(a: SignedHead, b: SignedHead): boolean {
  if (a.head.epoch !== b.head.epoch) return a.head.epoch > b.head.epoch
  return a.head.seq === b.head.seq ? headWins(a, b) : a.head.seq > b.head.seq
}

/** What two devices began with that each made the profile of their owner: of one that has had few heads, all of them are known to all later ones. */
function commonFirstBody({ genesis }: DecodedGenesis, ...heads: readonly SignedHead[]): HeadBody | undefined {
  return genesis.kind === PROFILE_KIND && heads.every(({ head }) => head.seq <= MAX_PAST_HEADS) ? FIRST_PROFILE_BODY : undefined
}
