import {
  type ContentCid,
  type Document,
  DocstoreError,
  errorMessage,
  fromUtf8,
  openForeignFile,
  readContentCid,
  type Replica,
} from '@p2p-docstore/core'
import type { FoundContent, Network } from '../../network/types.ts'
import { isoTime } from '../iso-time.ts'
import { checkOptions } from '../options.ts'
import { either } from '../signal.ts'
import { ContentFile } from './content-file.ts'

/** How long relays are asked, milliseconds, unless told otherwise. */
const TIMEOUT_MS = 15_000

/** How content is looked for. */
export interface ContentOptions {
  /** How long relays are asked for each block, milliseconds; 15,000 unless given. */
  readonly timeoutMs?: number | undefined
  readonly signal?: AbortSignal | undefined
}

/** A document that was found by the CID of what it says. */
export interface ContentDocument {
  readonly kind: 'document'
  readonly cid: string
  readonly document: Document
  /** The very bytes of the CID, as text. */
  readonly text: string
  /** A document of this machine that says this now, with who wrote it and when; absent where none does: a CID says what, and not who. */
  readonly here?: { readonly namespace: string; readonly collection: string; readonly _id: string; readonly by: string; readonly at: string }
  /** The relay that gave it, where it was not here. */
  readonly from?: string
}

/** What reading content takes. */
export interface ReadContentInit {
  readonly replica: Replica
  readonly network: Network | undefined
  readonly closing: AbortSignal
}

/**
 * What a CID names, here or at any relay of the network, checked by its hash: a document as it is now, or a file. Throws `bad-cid`; `not-found` with `asked`, the relays that do not have it; `bad-file`
 * and `bad-content` where the bytes of the CID are none.
 */
export async function readContent(init: ReadContentInit, text: string, options: ContentOptions = {}): Promise<ContentDocument | ContentFile> {
  checkOptions(options, ['timeoutMs', 'signal'], 'content')
  const content = checkedContentCid(text)
  const { cid, kind } = content
  const signal = either(init.closing, options.signal)
  if (kind === 'document') return readDocument(init, content, { ...options, signal })
  const get = (of: string): Promise<FoundBlock> => blockOf(init, of, { ...options, signal })
  const root = content.bytes === undefined ? await get(cid) : { bytes: content.bytes, peer: undefined }
  const { size, pieces } = openForeignFile(cid, root.bytes, async (block) => (await get(block)).bytes)
  return new ContentFile({ cid, size, from: root.peer, pieces })
}

/** The CID in a text of somebody. Throws `bad-cid`. */
export function checkedContentCid(text: string): ContentCid {
  const content = typeof text === 'string' ? readContentCid(text) : undefined
  if (content !== undefined) return content
  const hint = typeof text === 'string' && text.startsWith('bafyrei') ? ' It looks like that of a namespace, which has an id and no content' : ''
  throw new DocstoreError(
    'bad-cid',
    `${JSON.stringify(text)?.slice(0, 80)} is not the CID of a document or a file.${hint || ' That of a document looks like baguqeera…, that of a file like bafybei… or bafkrei…'}`,
  )
}

interface FoundBlock {
  readonly bytes: Uint8Array
  readonly peer: string | undefined
}

type Limits = ContentOptions & { readonly signal: AbortSignal }

async function readDocument({ replica, network }: ReadContentInit, { cid, bytes }: ContentCid, options: Limits): Promise<ContentDocument> {
  const here = bytes === undefined ? await replica.documentOf(cid) : undefined
  if (here !== undefined) {
    const { namespace, collection, id, by, at, content } = here
    return { kind: 'document', cid, document: parsed(cid, content), text: content, here: { namespace, collection, _id: id, by, at: isoTime(at) } }
  }
  const found = bytes === undefined ? await fromNetwork(network, cid, options) : { bytes, peer: undefined }
  const text = fromUtf8(found.bytes)
  return { kind: 'document', cid, document: parsed(cid, text), text: text ?? '', ...(found.peer === undefined ? {} : { from: found.peer }) }
}

function parsed(cid: string, text: string | undefined): Document {
  try {
    const value: unknown = JSON.parse(text ?? '')
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Document
    throw new DocstoreError('bad-content', 'it is no JSON object')
  } catch (cause) {
    throw new DocstoreError('bad-content', `The content of ${cid} is no document: ${errorMessage(cause)}`, { cause })
  }
}

async function blockOf({ replica, network }: ReadContentInit, cid: string, options: Limits): Promise<FoundBlock> {
  const bytes = await replica.block(cid)
  return bytes === undefined ? fromNetwork(network, cid, options) : { bytes, peer: undefined }
}

async function fromNetwork(network: Network | undefined, cid: string, { timeoutMs = TIMEOUT_MS, signal }: Limits): Promise<FoundBlock> {
  const nobody: FoundContent = { bytes: undefined, peer: undefined, asked: [] }
  const { bytes, peer, asked } = (await network?.content({ cid, timeoutMs, signal })) ?? nobody
  signal.throwIfAborted()
  if (bytes !== undefined) return { bytes, peer }
  const who =
    asked.length === 0
      ? 'and no relay could be asked'
      : `and ${asked.length === 1 ? 'the relay that was asked does' : `the ${asked.length} relays that were asked do`} not have it`
  throw new DocstoreError('not-found', `Nothing with the CID ${cid} is here, ${who}. What was changed or deleted is found no more`, {
    details: { asked },
  })
}
