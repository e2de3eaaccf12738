import { DocstoreError, errorCode, type Replica } from '@p2p-docstore/core'
import type { Network } from '../network/types.ts'

/** What is erased, and how long relays have to confirm it. */
export interface EraseOptions {
  /** Whose documents: those of this identity. */
  readonly author: 'me'
  /** Ids of namespaces; without them, all that are here. */
  readonly namespaces?: readonly string[] | undefined
  /** How long it waits for the relays of each namespace, milliseconds; 30,000 unless said. */
  readonly timeoutMs?: number | undefined
  readonly signal?: AbortSignal | undefined
  /** Called with how many documents are deleted so far. */
  readonly onProgress?: ((documents: number) => void) | undefined
}

/** What a relay said of an erasure. */
export interface ErasedAtRelay {
  readonly peer: string
  /** Whether it has all of the deletes, and so none of the documents. Others get them at the next contact. */
  readonly confirmed: boolean
}

/** What an erasure did in one namespace. */
export interface ErasedNamespace {
  readonly id: string
  readonly name: string
  readonly documents: number
  /** Versions of ours that had lost to those of others, and are gone. */
  readonly conflicts: number
  /** Changes of ours in documents of others; these are theirs to delete. */
  readonly edits: number
  readonly relays: readonly ErasedAtRelay[]
  /** Code of the reason why nothing can be deleted there: it has ended, say. */
  readonly refused?: string
}

/** What an erasure did. */
export interface Erased {
  readonly documents: number
  readonly namespaces: readonly ErasedNamespace[]
}

const DEFAULT_TIMEOUT_MS = 30_000
/** Why nobody takes what a device says that was taken from its person. */
const REVOKED = 'revoked'
/** Refusals of one namespace, which say nothing of others. */
const REFUSALS: ReadonlySet<string> = new Set(['ended', 'not-allowed', 'unknown-namespace'])

/** Deletes every document that this person wrote, and asks the relays whether they have done so too. */
export async function erase(
  { replica, network }: { readonly replica: Replica; readonly network: Network | undefined },
  { author, namespaces: wanted, timeoutMs = DEFAULT_TIMEOUT_MS, signal, onProgress }: EraseOptions,
): Promise<Erased> {
  if (author !== 'me') throw new DocstoreError('bad-option', 'author is "me": nobody can delete for others')
  const all = await replica.namespaces()
  const missing = wanted?.find((id) => !all.some((one) => one.id === id))
  if (missing !== undefined) throw new DocstoreError('unknown-namespace', `The namespace ${missing} is not here`)
  const erased: ErasedNamespace[] = []
  let documents = 0
  for (const { id, name } of all.filter((one) => wanted === undefined || wanted.includes(one.id))) {
    let [own, conflicts, edits] = [0, 0, 0]
    let refused: string | undefined
    const before = new Set((await replica.pending(id)).map(({ key }) => key))
    try {
      // Tombstones come behind; what others write meanwhile is none of it.
      const end = await replica.lastSeq(id)
      for (let since: number | undefined = 0; since !== undefined && since < end; ) {
        signal?.throwIfAborted()
        const page: Awaited<ReturnType<Replica['eraseOwn']>> = await replica.eraseOwn(id, since)
        own += page.documents
        conflicts += page.conflicts
        edits += page.edits
        since = page.next
        onProgress?.(documents + own)
      }
    } catch (error) {
      if (!REFUSALS.has(errorCode(error))) throw error
      refused = errorCode(error)
    }
    const relays = network === undefined ? [] : await confirmations(network, { id, seq: await replica.lastSeq(id), timeoutMs, signal })
    // A device that hears only now that it was revoked has deleted nothing.
    const undone = (await replica.pending(id)).filter((one) => one.refused === REVOKED && !before.has(one.key) && 'id' in one && one.content === null)
    if (undone.length > 0) refused = REVOKED
    own = Math.max(0, own - undone.length)
    documents += own
    const told = refused === REVOKED ? relays.map(({ peer }) => ({ peer, confirmed: false })) : relays
    erased.push({ id, name, documents: own, conflicts, edits, relays: told, ...(refused === undefined ? {} : { refused }) })
  }
  return { documents, namespaces: erased }
}

/** Which of the relays that are in touch have everything up to a position. */
async function confirmations(
  network: Network,
  { id, seq, timeoutMs, signal }: { readonly id: string; readonly seq: number; readonly timeoutMs: number; readonly signal: AbortSignal | undefined },
): Promise<readonly ErasedAtRelay[]> {
  const relays = (await network.peers()).filter(({ role }) => role === 'relay').map(({ id: peer }) => peer)
  const wanted = Math.max(1, new Set(relays).size)
  let holders: readonly string[] = []
  try {
    if (relays.length > 0) holders = await network.delivered(id, { copies: wanted, seq, timeoutMs, ...(signal === undefined ? {} : { signal }) })
  } catch (error) {
    if (errorCode(error) !== 'not-delivered') throw error
    const { peers } = await network.namespaceStatus(id)
    holders = peers.filter(({ role, acked }) => role === 'relay' && acked >= seq).map(({ id: peer }) => peer)
  }
  return [...new Set([...relays, ...holders])].map((peer) => ({ peer, confirmed: holders.includes(peer) }))
}
