import { DocstoreError } from '../../errors.ts'
import { equalBytes, utf8 } from '../../model/bytes.ts'
import { encodeCbor } from '../../model/encoding/cbor.ts'
import { type CID, cidOfBytes, DAG_CBOR } from '../../model/encoding/cid.ts'
import type { Identity } from '../../model/keys/identity.ts'
import { principalOf } from '../../model/people/author.ts'
import {
  ANY_DEVICE,
  type DecodedGenesis,
  decodeGenesis,
  decodeHead,
  type Genesis,
  type Head,
  type SignedHead,
  signHead,
} from '../../model/namespace/namespace.ts'
import type { Network } from '../../model/network/network.ts'
import type { RecordScope } from '../../model/record.ts'
import { NOSTR, nostrNamespace } from '../../model/nostr/nostr-namespace.ts'
import { createSeal, type Seal } from '../../model/seal.ts'
import { ownContent } from '../../storage/records/own-content.ts'
import type { MovedLog, NamespaceMove, Storage, StoredNamespace, StoredRecord } from '../../storage/storage.ts'
import { HEAD_BODIES, HEAD_HISTORY, LOST_CHANGE } from '../heads/head-prefixes.ts'
import { ASIDE, ASIDE_BATCH } from '../people/judging/aside-prefixes.ts'
import { PENDING_PREFIX } from '../writing/pending-prefix.ts'
import { namespaceOfKey, pendingPrefix } from '../writing/pending-row.ts'
import { MOVED, movedIds, SUCCEEDING } from './moved-ids.ts'
import { restatedRecord } from './restated-record.ts'
import { restatedRoles } from './restated-roles.ts'

/** Records that are looked at in one call before anything changes. */
const CHECKED_RECORDS = 1000

/** How far a move has come, in records. */
export interface MoveProgress {
  readonly done: number
  readonly total: number
}

/** A move of everything that is here into another network. */
export interface NetworkMove {
  readonly identity: Identity
  readonly from: Network
  readonly to: Network
  /** Small values to be set with it. */
  readonly meta: ReadonlyMap<string, Uint8Array | undefined>
  /** Called before the first record moves, and then in the middle of the transaction, so it cannot use the storage; what it throws undoes everything. */
  readonly onMove?: ((progress: MoveProgress) => void) | undefined
}

/**
 * Moves all namespaces into another network, in one transaction: each is made again there, with the same owner, policy and nonce, and each of its
 * records is said again about the same document at the same time. So it has another id, which follows from the network and the one before: a backup that is
 * moved too gives the same records. Roles that it granted are granted there. For data in whose network nobody else has ever been. Throws `others-documents` and
 * `document-too-large`, and changes nothing then.
 */
export async function moveNetwork(storage: Storage, { identity, from, to, meta, onMove }: NetworkMove): Promise<void> {
  const namespaces: Moving[] = []
  const unchanged: { readonly before: string; readonly cid: CID; readonly move: NamespaceMove }[] = []
  let total = 0
  for (const stored of await storage.namespaces()) {
    const { genesis, head } = await read(stored, from)
    if (genesis.genesis.write === NOSTR) {
      await checkRecords(storage, { ns: stored.ns, cid: stored.cid, identity: undefined, to })
      const there = nostrNamespace(to.cid)
      const { cid, bytes } = there.genesis
      const sealWith = (hashes: Uint8Array): Seal => createSeal(to.cid, hashes, identity)
      unchanged.push({
        before: stored.cid,
        cid,
        move: { ns: stored.ns, cid: cid.toString(), genesis: bytes, head: there.head.bytes, signature: there.head.signature, sealWith },
      })
      continue
    }
    if (!equalBytes(genesis.genesis.owner, principalOf(identity.author))) throw othersDocuments(stored.cid)
    total += await checkRecords(storage, { ns: stored.ns, cid: stored.cid, identity, to })
    const bytes = encodeCbor({ ...genesis.genesis, net: to.cid })
    const cid = cidOfBytes(DAG_CBOR, bytes)
    const before = genesis.cid.multihash.digest
    const roles = genesis.genesis.write === 'members' ? restatedRoles({ before, acts: await storage.acts(before) }, cid, identity) : []
    if (roles === undefined) throw othersDocuments(stored.cid)
    namespaces.push({ ns: stored.ns, before: stored.cid, genesis: genesis.genesis, head: head.head, bytes, cid, ...('log' in roles && { roles }) })
  }
  if (namespaces.length > 0) onMove?.({ done: 0, total })
  let done = 0
  const onRecords = (records: number): void => {
    // On a full disk the transaction is tried twice.
    done = Math.min(total, done + records)
    onMove?.({ done, total })
  }
  const ids = new Map([...namespaces, ...unchanged].map(({ before, cid }) => [before, cid] as const))
  const moves = [...namespaces.map((namespace) => ({ ...moveOf(namespace, { identity, to, ids }), onRecords })), ...unchanged.map(({ move }) => move)]
  await storage.moveNamespaces(
    moves,
    new Map([
      ...meta,
      ...(await idsNow(storage, ids)),
      ...(await pendingNow(storage, ids)),
      ...(await headsNow(storage)),
      ...(await successionsNow(storage, ids)),
    ]),
  )
}

/** A namespace on its way: what it was, and its genesis and id in the other network. */
interface Moving {
  readonly ns: number
  readonly before: string
  readonly genesis: Genesis
  readonly head: Head
  readonly bytes: Uint8Array
  readonly cid: CID
  readonly roles?: MovedLog
}

/** Which device of a person signed a head was judged when it came. */
async function read(stored: StoredNamespace, { cid }: Network): Promise<{ readonly genesis: DecodedGenesis; readonly head: SignedHead }> {
  const genesis = decodeGenesis(stored.genesis, cid)
  const head = genesis.ok ? await decodeHead(stored.head, stored.signature, genesis.value, ANY_DEVICE) : genesis
  if (genesis.ok && head.ok) return { genesis: genesis.value, head: head.value }
  throw new DocstoreError('data-corrupt', `The stored namespace ${stored.cid} does not verify. Restore the data from a backup`)
}

/** Makes sure that every record is ours, where that matters, and small enough, before any of them changes; gives their number. */
async function checkRecords(
  storage: Storage,
  { ns, cid, identity, to }: { readonly ns: number; readonly cid: string; readonly identity: Identity | undefined; readonly to: Network },
): Promise<number> {
  const { content: most } = to.descriptor.limits
  let count = 0
  let page: readonly StoredRecord[]
  for (let since = 0; (page = await storage.recordsSince(ns, since, CHECKED_RECORDS)).length > 0; since = page.at(-1)?.seq ?? since) {
    for (const record of page) {
      const { by, id } = record
      const content = ownContent(record)
      if (identity !== undefined && !equalBytes(by, identity.author)) throw othersDocuments(cid)
      // No UTF-16 unit takes more than three bytes.
      if (content !== null && content.length * 3 > most && utf8(content).length > most)
        throw new DocstoreError('document-too-large', `The document ${JSON.stringify(id)} is larger than the other network allows (${most} bytes)`)
    }
    count += page.length
  }
  return count
}

/** A namespace as what it is in the other network. One that takes its place may move with it. */
function moveOf(
  { ns, genesis: { write }, head: { epoch, seq, at, body }, bytes, cid, roles }: Moving,
  { identity, to, ids }: Pick<NetworkMove, 'identity' | 'to'> & { readonly ids: ReadonlyMap<string, CID> },
): NamespaceMove {
  const next = ids.get(String(body.next)) ?? body.next
  const head = signHead({ net: to.cid, ns: cid, epoch, seq, prev: null, at, body: next === undefined ? body : { ...body, next } }, identity)
  const scope: RecordScope = { net: to.cid, ns: cid, write }
  return {
    ns,
    cid: cid.toString(),
    genesis: bytes,
    head: head.bytes,
    signature: head.signature,
    restate: (record) => restatedRecord(scope, record),
    sealWith: (hashes) => createSeal(to.cid, hashes, identity),
    ...(roles && { roles }),
  }
}

/** What every id that a namespace ever had here leads to, those of earlier moves too. */
async function idsNow(storage: Storage, ids: ReadonlyMap<string, CID>): Promise<ReadonlyMap<string, Uint8Array | undefined>> {
  const now = new Map<string, Uint8Array | undefined>()
  for (const [before, current] of await movedIds(storage)) {
    const next = ids.get(current)
    if (next !== undefined) now.set(MOVED + before, utf8(next.toString()))
  }
  for (const [before, next] of ids) now.set(MOVED + before, utf8(next.toString()))
  // Who moves back has the ids of then.
  for (const next of ids.values()) now.set(MOVED + next.toString(), undefined)
  return now
}

/** What was refused in a namespace, and is kept for who wrote it, goes with it. */
async function pendingNow(storage: Storage, ids: ReadonlyMap<string, CID>): Promise<ReadonlyMap<string, Uint8Array | undefined>> {
  const now = new Map<string, Uint8Array | undefined>()
  for (const [key, value] of await storage.listMeta(PENDING_PREFIX)) {
    const before = namespaceOfKey(key)
    const next = ids.get(before)
    if (next === undefined) continue
    now.set(key, undefined)
    now.set(pendingPrefix(next.toString()) + key.slice(pendingPrefix(before).length), value)
  }
  return now
}

/** A succession that was interrupted goes on with the same namespace there. */
async function successionsNow(storage: Storage, ids: ReadonlyMap<string, CID>): Promise<ReadonlyMap<string, Uint8Array | undefined>> {
  const now = new Map<string, Uint8Array | undefined>()
  for (const [key, value] of await storage.listMeta(SUCCEEDING)) {
    const next = ids.get(key.slice(SUCCEEDING.length))
    if (next !== undefined) now.set(key, undefined).set(SUCCEEDING + next.toString(), value)
  }
  return now
}

/** Heads begin anew there: nobody has one from before. */
async function headsNow(storage: Storage): Promise<ReadonlyMap<string, Uint8Array | undefined>> {
  const former: (readonly [key: string, value: Uint8Array])[] = []
  // What lies aside is signed for the network before, and none of its peers ever had it.
  for (const prefix of [HEAD_BODIES, HEAD_HISTORY, LOST_CHANGE, ASIDE, ASIDE_BATCH]) former.push(...(await storage.listMeta(prefix)))
  return new Map(former.map(([key]) => [key, undefined] as const))
}

function othersDocuments(cid: string): DocstoreError {
  return new DocstoreError(
    'others-documents',
    `The namespace ${cid} is not this identity's alone: others would have to sign it anew. Join the other network beside this one instead (--beside)`,
  )
}
