import { authorName, type Batch, DocstoreError, fromUtf8, msFromTime, splitKey } from '@p2p-docstore/core'
import type { OfferedWrite, OfferedWrites, PolicyInit } from '../intake-policy.ts'

/** When to try again what could not be decided, milliseconds. */
const RETRY_MS = 5000

/** Asks a policy; resolves with the numbers of the records that it refuses. Throws `policy-failed`. */
export async function askPolicy({ policy, timeoutMs, onFailure, onError }: PolicyInit, offered: OfferedWrites): Promise<readonly number[]> {
  const late = AbortSignal.timeout(timeoutMs)
  const timeout = Promise.withResolvers<never>()
  const expire = (): void => timeout.reject(new DocstoreError('timeout', `The policy takes more than ${timeoutMs} ms`))
  late.addEventListener('abort', expire, { once: true })
  try {
    const refused = await Promise.race([Promise.resolve(policy(offered, late)), timeout.promise])
    if (refused === 'all') return offered.writes.map((_, i) => i)
    if (!Array.isArray(refused) || !refused.every((i) => Number.isSafeInteger(i)))
      throw new TypeError('The policy answers neither with a list of numbers nor with "all"')
    return refused as readonly number[]
  } catch (cause) {
    onError(cause)
    if (onFailure === 'open') return []
    throw new DocstoreError('policy-failed', 'This relay cannot decide now whether it takes this. Try again in a few seconds', {
      cause,
      details: { limit: 'policy', retryMs: RETRY_MS },
    })
  } finally {
    late.removeEventListener('abort', expire)
  }
}

/** The records of a batch, as a policy is asked about them. */
export function offeredWrites({ seals, records }: Batch): readonly OfferedWrite[] {
  return records.map(({ key, at, content, seal, path }) => {
    const by = authorName(seals[seal]?.by ?? new Uint8Array())
    const split = typeof key === 'string' ? splitKey(key) : undefined
    const text = content === null ? undefined : fromUtf8(content)
    return {
      by,
      ...(split === undefined ? {} : { collection: split.collection, id: split.id }),
      isDelete: typeof key !== 'string',
      at: msFromTime(at),
      bytes: content?.length ?? 0,
      ...(text === undefined ? {} : { content: text }),
      ...(path === undefined ? {} : { path }),
    }
  })
}
