import { fromUtf8 } from '../../model/bytes.ts'
import type { Storage } from '../../storage/storage.ts'

/** Name prefix of the ids that namespaces had in networks before, each with the id that it has now. */
export const MOVED = 'moved/'

/** Begins the keys of successions that are under way; the id of the namespace that is succeeded follows. They move with it. */
export const SUCCEEDING = 'succeeding/'

/** Every id that a namespace had in a network that the data has left, with the one that it has now. Changes only while nobody has the data open. */
export async function movedIds(values: Pick<Storage, 'listMeta'>): Promise<ReadonlyMap<string, string>> {
  const stored = await values.listMeta(MOVED)
  return new Map(stored.map(([key, value]) => [key.slice(MOVED.length), fromUtf8(value) ?? '']))
}
