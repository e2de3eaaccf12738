import { earlierVersions } from '../../model/edits/earlier-versions.ts'
import { MAX_VERSIONS } from '../../storage/history/limits.ts'
import type { Storage } from '../../storage/storage.ts'
import { documentFacts } from '../document-facts.ts'
import { inSlices, type Pause } from '../slices.ts'
import type { DocumentVersion } from '../types.ts'

/** What a document was before, the newest first, as far as it is known here. */
export async function documentHistory(
  storage: Storage,
  pause: Pause,
  { ns, collection, id }: { readonly ns: number; readonly collection: string; readonly id: string },
): Promise<readonly DocumentVersion[]> {
  const records = await storage.pastRecords(ns, collection, id)
  const versions = await inSlices(earlierVersions(records, MAX_VERSIONS), pause)
  return versions.map(({ content, ...facts }) => ({ content, ...documentFacts(content, facts) }))
}
