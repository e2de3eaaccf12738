import { equalBytes } from '../bytes.ts'
import { MAX_EDITS } from '../limits.ts'
import { compareVersions } from './compare-versions.ts'
import { type EditPath, pathText } from './edit-path.ts'
import { type Edit, mergedContent } from './merged.ts'

/** A record of a document that stands, or once stood. */
export interface VersionRecord {
  readonly at: number
  readonly hash: Uint8Array
  /** Author, multikey bytes. */
  readonly by: Uint8Array
  /** Of an edit: the field. */
  readonly path?: EditPath
  /** What it says; `null` for a tombstone. */
  readonly content: string | null
}

/** What a document was once. */
export interface EarlierVersion {
  readonly content: string
  readonly at: number
  readonly by: Uint8Array
}

/** The document after one of its records. */
interface State extends Pick<VersionRecord, 'at' | 'by'> {
  readonly content: string
  readonly edits: readonly Edit[]
}

/**
 * What a document was before it became what it is, the newest first, at most `limit`: after each of its records the normal form of those up to it,
 * from its last delete on. A function of the records, whatever their order. Yields now and then: merging large documents takes time.
 */
export function* earlierVersions(records: readonly VersionRecord[], limit: number): Generator<undefined, readonly EarlierVersion[], undefined> {
  const versions: EarlierVersion[] = []
  let later: { readonly version: EarlierVersion; readonly isLast: boolean } | undefined
  for (const { content, edits, at, by } of statesOf(records).toReversed()) {
    const version = { content: mergedContent(content, edits), at, by }
    yield
    // Of versions that say the same, the first is the one that made the document so.
    if (later !== undefined && !later.isLast && later.version.content !== version.content) versions.push(later.version)
    if (versions.length === limit) return versions
    later = { version, isLast: later === undefined || (later.isLast && later.version.content === version.content) }
  }
  return later === undefined || later.isLast ? versions : [...versions, later.version]
}

/** In order of time; the last is what the document is now. */
function statesOf(records: readonly VersionRecord[]): readonly State[] {
  const placed = records.map((record) => ({ ...record, isEdit: record.path !== undefined }))
  const sorted = placed.toSorted(compareVersions)
  let states: State[] = []
  let base: VersionRecord | undefined
  let edits: readonly (Edit & { readonly name: string })[] = []
  for (const [i, record] of sorted.entries()) {
    const { at, hash, by, path, content } = record
    if (path === undefined) {
      base = record
      edits = []
      if (content === null) states = []
    } else if (content !== null && (base === undefined || at > base.at)) {
      const name = pathText(path)
      edits = [...edits.filter((one) => one.name !== name), { at, hash, path, content, name }].slice(-MAX_EDITS)
    }
    const next = sorted[i + 1]
    // Fields that were changed together changed at once, or have times in a row.
    const isOfUpdate = path !== undefined && next?.path !== undefined && next.at === at + 1 && pathText(next.path) !== pathText(path)
    const isPart = next !== undefined && (next.at === at || isOfUpdate) && equalBytes(next.by, by)
    if (base !== undefined && base.content !== null && !isPart) states.push({ content: base.content, edits, at, by })
  }
  return states
}
