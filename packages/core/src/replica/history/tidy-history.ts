import type { ReplicaGround } from '../ground.ts'
import { REMOVE_PAGE } from '../limits.ts'

/** Removes what went before a time from the history of namespaces, by their numbers, bit by bit. */
export async function tidyHistory(
  { storage, news, pause }: Pick<ReplicaGround, 'storage' | 'news' | 'pause'>,
  namespaces: readonly { readonly ns: number; readonly before: number }[],
  isClosed: () => boolean = () => false,
): Promise<void> {
  let removed = 0
  for (const { ns, before } of namespaces) {
    // Some of it in any case: a command that is run now and then has no more time.
    for (let some = 1; some > 0; ) {
      some = await storage.tidyHistory(ns, { before, limit: REMOVE_PAGE })
      removed += some
      if (isClosed()) break
      await pause()
    }
  }
  if (removed > 0) news.erased()
}
