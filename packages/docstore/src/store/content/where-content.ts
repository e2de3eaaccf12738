import type { Network, Whereabouts } from '../../network/types.ts'
import type { Replica } from '@p2p-docstore/core'
import { checkOptions } from '../options.ts'
import { either } from '../signal.ts'
import { checkedContentCid, type ContentOptions } from './read-content.ts'

/** How long relays are asked, milliseconds, unless told otherwise. */
const TIMEOUT_MS = 10_000

/** Who has content. */
export interface ContentWhereabouts {
  readonly cid: string
  /** Relays that gave it when they were asked, so that it was seen to be theirs. */
  readonly holders: readonly string[]
  /** The namespace of a document of this machine that says this, or names this file, and where that lies; absent where none is known. */
  readonly namespace?: string
  readonly where?: Whereabouts
}

/** Who has what a CID names. Throws `bad-cid`. */
export async function whereContent(
  { replica, network, closing }: { readonly replica: Replica; readonly network: Network; readonly closing: AbortSignal },
  text: string,
  options: ContentOptions = {},
): Promise<ContentWhereabouts> {
  checkOptions(options, ['timeoutMs', 'signal'], 'whereContent')
  const { cid, kind } = checkedContentCid(text)
  const { timeoutMs = TIMEOUT_MS } = options
  const signal = either(closing, options.signal)
  const namespace = kind === 'document' ? (await replica.documentOf(cid))?.namespace : undefined
  const [holders, where] = await Promise.all([
    network.contentHolders({ cid, timeoutMs, signal }),
    namespace === undefined ? undefined : network.where({ ns: namespace, timeoutMs, signal }),
  ])
  return { cid, holders, ...(namespace === undefined || where === undefined ? {} : { namespace, where }) }
}
