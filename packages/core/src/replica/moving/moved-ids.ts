import { fromUtf8 } from '../../model/bytes.ts'
import type { Storage } from '../../storage/storage.ts'

/** Name prefix of the ids that namespaces had in a network before, each with the id that it has now. */
export const MOVED = 'moved/'

/** The id that a namespace has now which had this one in a network before; `undefined` where none had it. */
export async function movedId(storage: Pick<Storage, 'getMeta'>, id: string): Promise<string | undefined> {
  const stored = await storage.getMeta(MOVED + id)
  return stored && fromUtf8(stored)
}
