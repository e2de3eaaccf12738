import { decodeCbor, encodeCbor, isBytes, isUint } from '../../model/encoding/cbor.ts'
import type { SignedHead } from '../../model/namespace/namespace.ts'
import type { Storage } from '../../storage/storage.ts'
import { MAX_HEAD_HISTORY } from '../limits.ts'
import { HEAD_HISTORY } from './head-prefixes.ts'

/** That a head has won, and what it changed. */
export interface PastHead {
  readonly epoch: number
  readonly seq: number
  /** Hybrid time, as its writer says. */
  readonly at: number
  readonly by: Uint8Array
  readonly title: string
  /** Names of the fields of its body that say something else than those of the head that had won until then. */
  readonly changed: readonly string[]
}

/** The heads of a namespace that have won here, the oldest first; none where only one ever did. */
export async function headHistory(storage: Storage, id: string): Promise<readonly PastHead[]> {
  const bytes = await storage.getMeta(HEAD_HISTORY + id)
  const decoded = bytes && decodeCbor(bytes, bytes.length)
  if (decoded?.ok !== true || !Array.isArray(decoded.value)) return []
  return decoded.value.flatMap(readPastHead)
}

function readPastHead(value: unknown): PastHead[] {
  const [epoch, seq, at, by, title, changed]: unknown[] = Array.isArray(value) ? value : []
  if (!isUint(epoch) || !isUint(seq) || !isUint(at) || !isBytes(by) || typeof title !== 'string' || !Array.isArray(changed)) return []
  return [{ epoch, seq, at, by, title, changed: changed.filter((name) => typeof name === 'string') }]
}

/** Notes that a head has won over another one. */
export async function notePastHead(storage: Storage, id: string, before: SignedHead, head: SignedHead): Promise<void> {
  const known = await headHistory(storage, id)
  const all = [...(known.length === 0 ? [pastHead(undefined, before)] : known), pastHead(before, head)].slice(-MAX_HEAD_HISTORY)
  const rows = all.map(({ epoch, seq, at, by, title, changed }) => [epoch, seq, at, by, title, changed])
  await storage.setMeta(HEAD_HISTORY + id, encodeCbor(rows))
}

/** What is noted of a head behind another one. */
export function pastHead(before: SignedHead | undefined, { head: { epoch, seq, at, by, body } }: SignedHead): PastHead {
  const former: Readonly<Record<string, unknown>> = { ...before?.head.body }
  const now: Readonly<Record<string, unknown>> = { ...body }
  const isSame = (name: string): boolean => cborText(former[name]) === cborText(now[name])
  const changed =
    before === undefined ? [] : [...new Set([...Object.keys(former), ...Object.keys(now)])].filter((name) => name !== 'created' && !isSame(name))
  return { epoch, seq, at, by, title: body.title, changed: changed.sort() }
}

function cborText(value: unknown): string | undefined {
  return value === undefined ? undefined : encodeCbor(value).join()
}
