import { equalBytes } from '../../model/bytes.ts'
import { decodeCbor, encodeCbor, isBytes } from '../../model/encoding/cbor.ts'
import { type HeadBody, readHeadBody } from '../../model/namespace/head-body.ts'
import { hasSeen, headMark } from '../../model/namespace/head-past.ts'
import type { SignedHead } from '../../model/namespace/namespace.ts'
import type { Storage } from '../../storage/storage.ts'
import { MAX_HEAD_BODIES, MAX_HEAD_BODIES_BYTES } from '../limits.ts'
import { HEAD_BODIES } from './head-prefixes.ts'

/** What a former head said, and by what later ones name it. */
interface FormerHead {
  readonly mark: Uint8Array
  readonly body: HeadBody
}

/** What the heads of a namespace said that this device had, the newest first: what two changes had in common before them. */
export async function formerHeads(storage: Storage, id: string): Promise<readonly FormerHead[]> {
  const bytes = await storage.getMeta(HEAD_BODIES + id)
  const decoded = bytes && decodeCbor(bytes, bytes.length)
  if (decoded?.ok !== true || !Array.isArray(decoded.value)) return []
  return decoded.value.flatMap((entry: unknown) => {
    const [mark, value]: unknown[] = Array.isArray(entry) ? entry : []
    const body = readHeadBody(value)
    return isBytes(mark) && body.ok ? [{ mark, body: body.value }] : []
  })
}

/** Remembers what a head said that another one is about to take the place of. */
export async function noteFormerHead(storage: Storage, id: string, { hash, head }: SignedHead): Promise<void> {
  const mark = headMark(hash)
  const others = (await formerHeads(storage, id)).filter((one) => !equalBytes(one.mark, mark))
  const entries: [Uint8Array, HeadBody][] = []
  let bytes = 0
  for (const one of [{ mark, body: head.body }, ...others].slice(0, MAX_HEAD_BODIES)) {
    bytes += encodeCbor(one.body).length
    if (bytes > MAX_HEAD_BODIES_BYTES) break
    entries.push([one.mark, one.body])
  }
  await storage.setMeta(HEAD_BODIES + id, encodeCbor(entries))
}

/** What was said last that the writer of a head knew too; `undefined` where that is not known any more. */
export function commonBody(former: readonly FormerHead[], head: SignedHead): HeadBody | undefined {
  return former.find(({ mark }) => hasSeen(head, mark))?.body
}
