import { fromUtf8 } from '../../../model/bytes.ts'
import type { Storage } from '../../../storage/storage.ts'

/** Key of the latest time of an act that this device signed, in the small values of the peer. */
export const ACTED = 'acted'

/** That time; 0 where there is none. */
export async function newestActed(storage: Pick<Storage, 'getMeta'>): Promise<number> {
  const bytes = await storage.getMeta(ACTED)
  return (bytes && Number(fromUtf8(bytes))) ?? 0
}
