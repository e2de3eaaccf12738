import type { Connection } from '@libp2p/interface'
import { DocstoreError, errorCode, type ForeignNamespace, type Refusal, type Replica } from '@p2p-docstore/core'
import type { Misdeed } from '../admission/index.ts'
import type { ListedPage, ListRequest } from '../types.ts'
import { askList } from './directory-protocol.ts'

/** What asking relays takes. */
interface ListInit {
  readonly networkId: string
  readonly replica: Replica
  /** Whether this peer is a relay itself: it asks itself, too. */
  readonly isRelay: boolean
  /** Called with what no honest peer sends. */
  readonly onMisdeed: (peer: string, misdeed: Misdeed) => void
}

/** Why a head is refused that an honest relay may have. */
const NOT_ACTING: ReadonlySet<string> = new Set(['no-device', 'revoked'] satisfies Refusal[])

/** What one relay names: every namespace that it may name with an id up to `bound`. */
interface Answer {
  readonly namespaces: readonly ForeignNamespace[]
  readonly bound: string | undefined
}

/**
 * Asks connected relays, all at once, which namespaces they hold that their owners list. A page goes as far as every answer does, so that pages follow each
 * other without a gap; a relay that names what is not listed, or not signed, is not listened to.
 */
export async function listNamespaces(
  relays: readonly Connection[],
  { after, limit }: ListRequest,
  init: ListInit,
  signal: AbortSignal,
): Promise<ListedPage> {
  const own = init.isRelay ? [ownAnswer(after, init.replica)] : []
  const asked = await Promise.all([...own, ...relays.map((relay) => ask(relay, after, init, signal))])
  const answers = asked.filter((answer) => answer !== undefined)
  const bound = answers.flatMap((answer) => answer.bound ?? []).sort()[0]
  const newest = new Map<string, ForeignNamespace>()
  for (const one of answers.flatMap(({ namespaces }) => namespaces)) {
    const { id } = one.info
    const known = newest.get(id)
    if ((bound === undefined || id <= bound) && (known === undefined || isNewer(one, known))) newest.set(id, one)
  }
  const ids = [...newest.keys()].sort()
  const shown = ids.slice(0, limit)
  const last = shown.at(-1) ?? bound
  return {
    // Another relay, or this peer, may know that it is not listed any more.
    namespaces: shown.flatMap((id) => {
      const one = newest.get(id)
      return one?.info.listed === true ? { ...one.info, isHere: one.isHere } : []
    }),
    next: ids.length > limit || bound !== undefined ? last : undefined,
    relays: answers.length,
  }
}

async function ownAnswer(after: string, replica: Replica): Promise<Answer> {
  const { namespaces, more } = await replica.listedNamespaces(after)
  const judged = await Promise.all(namespaces.map((bytes) => replica.readNamespace(bytes)))
  const read = judged.flatMap((one) => ('refused' in one ? [] : [one]))
  return { namespaces: read, bound: more ? read.at(-1)?.info.id : undefined }
}

/** What a relay names, checked; `undefined` where it does not answer, or not as an honest one does. */
async function ask(relay: Connection, after: string, { networkId, replica, onMisdeed }: ListInit, signal: AbortSignal): Promise<Answer | undefined> {
  const peer = relay.remotePeer.toString()
  try {
    const { namespaces, more } = await askList(relay, networkId, after, signal)
    const read: ForeignNamespace[] = []
    let isSkipping = false
    for (const bytes of namespaces) {
      const one = await replica.readNamespace(bytes)
      // The relay need not know yet what is known here: that the device which signed it was revoked.
      if ('refused' in one && NOT_ACTING.has(one.refused)) {
        isSkipping = true
        continue
      }
      if ('refused' in one || !one.isListed || one.info.id <= (read.at(-1)?.info.id ?? after)) throw forged()
      read.push(one)
    }
    const last = read.at(-1)
    if (more && last === undefined) {
      if (isSkipping) return undefined
      throw forged()
    }
    return { namespaces: read, bound: more ? last?.info.id : undefined }
  } catch (error) {
    // One that has just left, or takes too long, keeps nothing from the others.
    if (errorCode(error) === 'bad-response') onMisdeed(peer, 'forged-entries')
    return undefined
  }
}

function isNewer(one: ForeignNamespace, other: ForeignNamespace): boolean {
  return one.epoch === other.epoch ? one.seq > other.seq : one.epoch > other.epoch
}

function forged(): DocstoreError {
  return new DocstoreError('bad-response', 'The relay names a namespace that its owner does not list')
}
