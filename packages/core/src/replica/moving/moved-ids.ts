import { fromUtf8 } from '../../model/bytes.ts'
import type { Storage } from '../../storage/storage.ts'

/** Name prefix of the ids that namespaces had in networks before, each with the id that it has now. */
export const MOVED = 'moved/'

/** Every id that a namespace had in a network that the data has left, with the one that it has now. Changes only while nobody has the data open. */
export async function movedIds(values: Pick<Storage, 'listMeta'>): Promise<ReadonlyMap<string, string>> {
  const stored = await values.listMeta(MOVED)
  return new Map(stored.map(([key, value]) => [key.slice(MOVED.length), fromUtf8(value) ?? '']))
}
