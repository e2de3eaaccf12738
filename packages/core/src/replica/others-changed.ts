import { errorCode } from '../errors.ts'
import { equalBytes } from '../model/bytes.ts'
import type { Comparing } from './exchange/comparing.ts'
import type { ReplicaGround } from './ground.ts'
import type { Namespaces } from './namespaces.ts'

/** Why it cannot be read now what others have changed: it is found at the next change. */
const UNREAD = ['database-away', 'storage-closed', 'storage-busy']

/** Takes up namespaces that other processes have changed, which share the database, and tells of it. */
export async function othersChanged(
  { storage, news }: ReplicaGround,
  namespaces: Namespaces,
  comparing: Comparing,
  numbers: readonly number[],
): Promise<void> {
  try {
    const changed = new Set(numbers)
    for (const stored of (await storage.namespaces()).filter(({ ns }) => changed.has(ns))) {
      const { ns, cid } = stored
      await comparing.removed(ns)
      const known = namespaces.get(cid)
      if (known === undefined) {
        await namespaces.takeUp(stored)
        // As of one that came here.
        news.tell({ namespace: cid, from: 0, to: 0, collections: [] })
      } else if (!equalBytes(known.head.bytes, stored.head)) {
        await namespaces.importNamespace(stored.genesis, stored.head, stored.signature)
        const kept = namespaces.get(cid)
        // Both have met another head at the same time, and the one that loses was stored last.
        if (kept !== undefined && !equalBytes(kept.head.bytes, stored.head)) await namespaces.storeAgain(kept)
      }
      const to = await storage.lastSeq(ns)
      const collections = (await storage.collections(ns)).map(({ collection }) => collection)
      news.tell({ namespace: cid, from: Math.max(0, to - 1), to, collections, ...(known === undefined ? {} : { head: true }) })
    }
  } catch (error) {
    if (!UNREAD.includes(errorCode(error))) throw error
  }
}
