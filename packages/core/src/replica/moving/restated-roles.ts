import { equalBytes, toHex } from '../../model/bytes.ts'
import { BytesMap } from '../../model/bytes-map.ts'
import type { CID } from '../../model/encoding/cid.ts'
import type { Identity } from '../../model/keys/identity.ts'
import { MAX_ACT_PARENTS } from '../../model/limits.ts'
import { signAct, type SignedAct, storedAct } from '../../model/people/act.ts'
import type { StoredAct } from '../../storage/logs/log-storage.ts'
import type { MovedLog } from '../../storage/storage.ts'
import { KnownActs } from '../people/logs/known-acts.ts'

/**
 * The log of roles of a namespace as it is signed anew for the id that this has in another network: the same acts at the same times, each after those that it followed.
 * Removals of records go: what they name is not here, and has another hash there. `undefined` where somebody else has signed one of the acts.
 */
export function restatedRoles(
  { before, acts }: { readonly before: Uint8Array; readonly acts: readonly StoredAct[] },
  to: CID,
  identity: Identity,
): MovedLog | undefined {
  /** What stands for an act there: itself, or what it followed where it does not move. */
  const now = new BytesMap<readonly Uint8Array[]>()
  const moved: SignedAct[] = []
  for (const { bytes, signature, hash } of acts) {
    const read = storedAct(bytes, signature)
    if (!read.ok || !equalBytes(read.value.act.by, identity.author)) return undefined
    const { at, do: content, parents: followed, via } = read.value.act
    const parents = distinct(followed.flatMap((parent) => now.get(parent) ?? []))
    if (content.type === 'remove') {
      now.set(hash, parents)
      continue
    }
    const [giver] = via === undefined ? [] : (now.get(via) ?? [])
    const act = signAct({ log: to, parents, at, do: content, ...(giver === undefined ? {} : { via: giver }) }, identity)
    now.set(hash, [act.hash])
    moved.push(act)
  }
  const { tips } = new KnownActs(moved)
  return { before, log: { log: to.multihash.digest, genesis: undefined, tips }, acts: moved }
}

function distinct(hashes: readonly Uint8Array[]): readonly Uint8Array[] {
  return [...new Map(hashes.map((hash) => [toHex(hash), hash])).values()].slice(0, MAX_ACT_PARENTS)
}
