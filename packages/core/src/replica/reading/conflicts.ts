import { contentCidText } from '../../model/encoding/cid.ts'
import { principalId } from '../people/principal-id.ts'
import type { LostVersion, Storage } from '../../storage/storage.ts'
import type { ConflictPage, ConflictRow, ReplicaReads } from '../types.ts'
import { checkLimit } from './check-limit.ts'

/** One page of the versions that lost. */
export async function conflictsOf(
  storage: Storage,
  ns: number,
  collection: string,
  which: Parameters<ReplicaReads['conflicts']>[2],
): Promise<ConflictPage> {
  checkLimit(which.limit)
  const found = await storage.conflicts(ns, collection, which)
  const end = found.at(-1)?.end
  return { conflicts: found.map(rowOf), ...(end === undefined ? {} : { after: end }) }
}

function rowOf({ id, content, at, by, edit, won }: LostVersion): ConflictRow {
  return {
    id,
    content,
    cid: cidOf(content),
    at,
    by: principalId(by),
    ...(edit && { field: edit.path.map(nameText).join('.'), ...(edit.value === undefined ? {} : { value: edit.value }) }),
    won: { content: won.content, cid: cidOf(won.content), at: won.at, by: principalId(won.by) },
  }
}

function cidOf(content: string | null): string | null {
  return content === null ? null : contentCidText(content)
}

/** As paths are written: a name with a dot or a quotation mark in it is quoted. */
function nameText(name: string): string {
  return /[."]/.test(name) ? JSON.stringify(name) : name
}
