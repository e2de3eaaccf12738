import { DocstoreError } from '@p2p-docstore/core'
import type { ListedPage, Network } from '../../network/types.ts'
import { checkedLimit, checkOptions } from '../options.ts'

/** How long relays may take unless told otherwise, milliseconds, and how many namespaces they are asked for, and at most. */
const TIMEOUT_MS = 5000
const LIMIT = 100
const MAX_LIMIT = 1000

/** Which of the namespaces that relays hold and owners list. */
export interface ListOptions {
  /** An id, as `next` of the part before gives it. */
  readonly after?: string
  readonly limit?: number
  readonly timeoutMs?: number
  readonly signal?: AbortSignal
}

/** A part of the namespaces that the network's connected relays hold and their owners list. Throws `bad-option`, `bad-limit`. */
export async function listedNamespaces(network: Network | undefined, options: ListOptions): Promise<ListedPage> {
  checkOptions(options, ['after', 'limit', 'timeoutMs', 'signal'], 'namespaces.listed')
  const { after = '', limit = LIMIT, timeoutMs = TIMEOUT_MS, signal } = options
  if (typeof after !== 'string') throw new DocstoreError('bad-option', 'after is an id, as `next` of the part before gives it')
  if (checkedLimit(limit) === undefined || limit > MAX_LIMIT)
    throw new DocstoreError('bad-limit', `limit is a whole number from 1 to ${MAX_LIMIT}, not ${limit}`)
  if (network === undefined) return { namespaces: [], next: undefined, relays: 0 }
  return network.listed({ after, limit, timeoutMs, ...(signal === undefined ? {} : { signal }) })
}
