import { DocstoreError } from '../errors.ts'
import { equalBytes, fromUtf8 } from '../model/bytes.ts'
import { encodeCbor } from '../model/encoding/cbor.ts'
import { DAG_CBOR, parseCid } from '../model/encoding/cid.ts'
import { type HeadBody, isDescription, isHistoryDays } from '../model/namespace/head-body.ts'
import { pastAfter } from '../model/namespace/head-past.ts'
import { MAX_DESCRIPTION_LENGTH, MAX_HEAD_BYTES } from '../model/limits.ts'
import { type SignedHead, signHead } from '../model/namespace/namespace.ts'
import { PROFILE_KIND } from '../model/namespace/static-profile.ts'
import { principalOf } from '../model/people/author.ts'
import { isTitle } from '../model/network/network.ts'
import { badSplit, splitOfParts } from './bad-split.ts'
import { badHistory } from './history/bad-history.ts'
import { badName } from './bad-name.ts'
import { changedCollections } from './changed-collections.ts'
import type { ReplicaGround } from './ground.ts'
import { MOVED } from './moving/moved-ids.ts'
import type { OpenNamespace } from './open-namespace.ts'
import { changedProfile } from './heads/changed-profile.ts'
import { checkedRules, checkStored } from './rules/checked-collections.ts'
import type { HeadChange } from './types.ts'

/** The next head of a namespace that this identity owns; `undefined` where nothing changes. Throws what `changeHead` says. */
export async function changedHead(open: OpenNamespace, change: HeadChange, ground: ReplicaGround): Promise<SignedHead | undefined> {
  const { clock, identity, storage, latest } = ground
  const { head, hash } = open.head
  const { title } = head.body
  if (!equalBytes(open.genesis.genesis.owner, principalOf(identity.author)))
    throw new DocstoreError('not-allowed', `Only its owner changes the namespace "${title}"`)
  // After all that is here, so that the end takes nothing away; what lies in the future is not accepted by anybody yet.
  const end = async (): Promise<number> => {
    const { last } = await storage.future(open.ns, clock.wall(), identity.author)
    return clock.next(Math.min(latest(), last))
  }
  const ended = change.end === true ? (head.body.ended ?? (await end())) : head.body.ended
  if (change.profile !== undefined && open.genesis.genesis.kind !== PROFILE_KIND)
    throw new DocstoreError('bad-option', `The namespace "${title}" is no profile`)
  if (change.split !== undefined && open.genesis.genesis.kind === PROFILE_KIND) throw new DocstoreError('bad-option', 'A profile is not split')
  const body = changedBody(head.body, { ...change, ...(await nextNow(change, storage)) }, ended)
  if (equalBytes(encodeCbor(body), encodeCbor(head.body))) return undefined
  if (change.collections !== undefined) {
    const rules = await checkedRules(body, open.genesis.genesis.write, ground)
    if (change.force !== true) await checkStored(open, rules, ground)
  }
  const { net, ns, epoch, seq, at } = head
  const made: HeadBody = { ...body, created: head.body.created ?? at }
  const signed = signHead({ net, ns, epoch, seq: seq + 1, prev: hash, ...pastAfter(open.head), at: clock.next(at), body: made }, identity)
  checkHeadSize(signed)
  return change.isTrial === true ? undefined : signed
}

/** Throws `bad-rules` for a head that is larger than others take: nothing but schemas makes it that. */
export function checkHeadSize({ bytes, head }: SignedHead): void {
  if (bytes.length <= MAX_HEAD_BYTES) return
  throw new DocstoreError(
    'bad-rules',
    `What "${head.body.title}" says of itself and its collections has ${bytes.length} bytes, of at most ${MAX_HEAD_BYTES}: shorten its schemas`,
  )
}

/** The successor that is meant by an id which it had in a network before: nobody else knows that one. */
async function nextNow({ next }: HeadChange, storage: ReplicaGround['storage']): Promise<Pick<HeadChange, 'next'>> {
  const now = typeof next === 'string' ? await storage.getMeta(MOVED + next) : undefined
  return now === undefined ? {} : { next: fromUtf8(now) ?? null }
}

/** A body with what changes in it. Throws `bad-name`, `bad-option`, `bad-namespace-id`, `bad-collection`, `bad-rules`, `bad-split`. */
function changedBody(
  body: HeadBody,
  { title = body.title, description, history, next, listed = body.listed === true, collections, profile, split: parts }: HeadChange,
  ended: number | undefined,
): HeadBody {
  if (!isTitle(title)) throw badName()
  const text = description === undefined ? body.description : (description ?? undefined)
  if (text !== undefined && !isDescription(text))
    throw new DocstoreError('bad-option', `A description is a text of 1 to ${MAX_DESCRIPTION_LENGTH} characters`)
  const days = history === undefined ? body.history : (history ?? undefined)
  if (days !== undefined && !isHistoryDays(days)) throw badHistory()
  const split = parts === undefined ? body.split : splitOfParts(parts)
  if ((split ?? 0) < (body.split ?? 0)) throw badSplit(2 ** (body.split ?? 0))
  const successor = next === undefined ? body.next : next === null ? undefined : parseCid(DAG_CBOR, next)
  if (typeof next === 'string' && successor === undefined)
    throw new DocstoreError('bad-namespace-id', `${JSON.stringify(next.slice(0, 80))} is not a namespace id. It looks like bafyrei…`)
  if (typeof listed !== 'boolean') throw new DocstoreError('bad-option', 'listed is true or false')
  const { created } = body
  const facts = profile === undefined ? body.profile : changedProfile(body.profile, profile)
  const settings = collections === undefined ? body.collections : changedCollections(body.collections, collections)
  return {
    title,
    ...(text === undefined ? {} : { description: text }),
    ...(days === undefined ? {} : { history: days }),
    ...(ended === undefined ? {} : { ended }),
    ...(successor === undefined ? {} : { next: successor }),
    ...(listed ? { listed } : {}),
    ...(created === undefined ? {} : { created }),
    ...(settings === undefined ? {} : { collections: settings }),
    ...(facts === undefined ? {} : { profile: facts }),
    ...(split === undefined ? {} : { split }),
  }
}
