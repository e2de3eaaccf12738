import { type FileKey, isFileCid } from './file-cid.ts'
import { MAX_FILE_BYTES } from './limits.ts'

/** The collection whose documents name files. */
export const FILES_COLLECTION = 'files'

/**
 * The file that a document of the collection `files` names: the part of its `_id` behind the last `/` is the CID, `size` the number of bytes. Any
 * other document there is one like all others. The content is canonical JSON.
 */
export function fileNamedBy(
  document: { readonly collection: string | null; readonly id: string | null; readonly content: string | null } | undefined,
): FileKey | undefined {
  if (document === undefined || document.collection !== FILES_COLLECTION) return undefined
  const { id, content } = document
  if (id === null || content === null) return undefined
  const cid = id.slice(id.lastIndexOf('/') + 1)
  if (!isFileCid(cid)) return undefined
  const { size } = JSON.parse(content) as { readonly size?: unknown }
  return typeof size === 'number' && Number.isSafeInteger(size) && size >= 0 && size <= MAX_FILE_BYTES ? { cid, size } : undefined
}
