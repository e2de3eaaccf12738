import { DocstoreError } from '../../errors.ts'
import { equalBytes, utf8 } from '../../model/bytes.ts'
import { encodeCbor } from '../../model/cbor.ts'
import { cidOfBytes, DAG_CBOR } from '../../model/cid.ts'
import type { Identity } from '../../model/identity.ts'
import { type DecodedGenesis, decodeGenesis, decodeHead, type SignedHead, signHead } from '../../model/namespace.ts'
import type { Network } from '../../model/network.ts'
import type { RecordScope } from '../../model/record.ts'
import { createSeal } from '../../model/seal.ts'
import type { NamespaceMove, Storage, StoredNamespace, StoredRecord } from '../../storage/storage.ts'
import { MOVED, movedIds } from './moved-ids.ts'
import { restatedRecord } from './restated-record.ts'

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
 * moved too gives the same records. For data in whose network nobody else has ever been. Throws `others-documents` and
 * `document-too-large`, and changes nothing then.
 */
export async function moveNetwork(storage: Storage, { identity, from, to, meta, onMove }: NetworkMove): Promise<void> {
  const stored = await storage.namespaces()
  let total = 0
  for (const { ns, ...namespace } of stored) {
    const { genesis } = await read({ ns, ...namespace }, from)
    if (!equalBytes(genesis.genesis.owner, identity.author)) throw othersDocuments(namespace.cid)
    total += await checkRecords(storage, { ns, cid: namespace.cid, identity, to })
  }
  if (stored.length > 0) onMove?.({ done: 0, total })
  let done = 0
  const onRecords = (records: number): void => {
    // On a full disk the transaction is tried twice.
    done = Math.min(total, done + records)
    onMove?.({ done, total })
  }
  const ids = new Map<string, string>()
  const moves: NamespaceMove[] = []
  for (const namespace of stored) {
    const move = moved(namespace, await read(namespace, from), { identity, to })
    ids.set(namespace.cid, move.cid)
    moves.push({ ...move, onRecords })
  }
  await storage.moveNamespaces(moves, new Map([...meta, ...(await idsNow(storage, ids))]))
}

async function read(stored: StoredNamespace, { cid }: Network): Promise<{ readonly genesis: DecodedGenesis; readonly head: SignedHead }> {
  const genesis = decodeGenesis(stored.genesis, cid)
  const head = genesis.ok ? await decodeHead(stored.head, stored.signature, genesis.value) : genesis
  if (genesis.ok && head.ok) return { genesis: genesis.value, head: head.value }
  throw new DocstoreError('data-corrupt', `The stored namespace ${stored.cid} does not verify. Restore the data from a backup`)
}

/** Makes sure that every record is ours and small enough, before any of them changes; gives their number. */
async function checkRecords(
  storage: Storage,
  { ns, cid, identity, to }: { readonly ns: number; readonly cid: string; readonly identity: Identity; readonly to: Network },
): Promise<number> {
  const { content: most } = to.descriptor.limits
  let count = 0
  let page: readonly StoredRecord[]
  for (let since = 0; (page = await storage.recordsSince(ns, since, CHECKED_RECORDS)).length > 0; since = page.at(-1)?.seq ?? since) {
    for (const { by, content, id } of page) {
      if (!equalBytes(by, identity.author)) throw othersDocuments(cid)
      // No UTF-16 unit takes more than three bytes.
      if (content !== null && content.length * 3 > most && utf8(content).length > most)
        throw new DocstoreError('document-too-large', `The document ${JSON.stringify(id)} is larger than the other network allows (${most} bytes)`)
    }
    count += page.length
  }
  return count
}

/** A namespace as what it is in the other network. */
function moved(
  { ns }: StoredNamespace,
  { genesis: { genesis }, head: { head } }: { readonly genesis: DecodedGenesis; readonly head: SignedHead },
  { identity, to }: { readonly identity: Identity; readonly to: Network },
): NamespaceMove {
  const bytes = encodeCbor({ ...genesis, net: to.cid })
  const cid = cidOfBytes(DAG_CBOR, bytes)
  const { epoch, seq, at, body } = head
  const next = signHead({ net: to.cid, ns: cid, epoch, seq, prev: null, at, body }, identity)
  const scope: RecordScope = { net: to.cid, ns: cid, write: genesis.write }
  return {
    ns,
    cid: cid.toString(),
    genesis: bytes,
    head: next.bytes,
    signature: next.signature,
    restate: (record) => restatedRecord(scope, record),
    sealWith: (hashes) => createSeal(to.cid, hashes, identity),
  }
}

/** What every id that a namespace ever had here leads to, those of earlier moves too. */
async function idsNow(storage: Storage, ids: ReadonlyMap<string, string>): Promise<ReadonlyMap<string, Uint8Array | undefined>> {
  const now = new Map<string, Uint8Array | undefined>()
  for (const [before, current] of await movedIds(storage)) {
    const next = ids.get(current)
    if (next !== undefined) now.set(MOVED + before, utf8(next))
  }
  for (const [before, next] of ids) now.set(MOVED + before, utf8(next))
  // Who moves back has the ids of then.
  for (const next of ids.values()) now.set(MOVED + next, undefined)
  return now
}

function othersDocuments(cid: string): DocstoreError {
  return new DocstoreError(
    'others-documents',
    `The namespace ${cid} is not this identity's alone: others would have to sign it anew. Use another data folder for the other network`,
  )
}
