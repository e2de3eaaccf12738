import type { Connection } from '@libp2p/interface'
import { answer, decodeQuestion, DocstoreError, errorCode, errorMessage, type Exchange } from '@p2p-docstore/core'
import type { Misdeed } from '../misconduct.ts'
import { type Answerer, openExchange } from '../streams.ts'
import type { Added, Directory } from './directory.ts'
import type { PackedEntry } from './entry.ts'
import { MAX_ENTRIES, MAX_ENTRIES_BYTES } from './limits.ts'
import {
  decodeDirectoryRequest,
  decodeDirectoryResponse,
  type DirectoryRequest,
  type DirectoryResponse,
  encodeMessage,
  type FindAnswer,
} from './messages.ts'

/** Bytes of an entry beside the packed structure itself, at most. */
const ENTRY_FRAME_BYTES = 32

/** What becomes of an entry that no honest peer passes on: everyone can see that it is not right. */
const FORGERIES: ReadonlySet<Added> = new Set<Added>([
  'malformed',
  'not-canonical',
  'too-large',
  'wrong-network',
  'bad-signature',
  'bad-key',
  'not-allowed',
])

/** Errors after which the stream ends: the other side does not speak this protocol. */
const ENDING: ReadonlySet<string> = new Set(['malformed', 'too-large'])

/** Name of the protocol of the directory in a network. */
export function directoryProtocol(networkId: string): string {
  return `/docstore/${networkId}/directory/1`
}

/** Whether what became of an entry shows that who passed it on is none of ours. */
export function isForgery(added: Added): boolean {
  return FORGERIES.has(added)
}

/** What answering needs. */
export interface DirectoryResponderInit {
  readonly directory: Directory
  /** The peer that asks. */
  readonly peer: string
  /** Who keeps a namespace; a peer that knows of nobody leaves it out. */
  readonly onFind?: ((ns: string, asker: string, signal: AbortSignal) => Promise<FindAnswer>) | undefined
  /** Called when the peer told of peers that nobody here had heard of. */
  readonly onNews?: () => void
  /** Called with what no honest peer sends. */
  readonly onMisdeed: (misdeed: Misdeed) => void
}

/** Answers the requests of one stream. */
export class DirectoryResponder implements Answerer {
  readonly #init: DirectoryResponderInit

  constructor(init: DirectoryResponderInit) {
    this.#init = init
  }

  async respond(frame: Uint8Array, signal: AbortSignal): Promise<{ readonly frame: Uint8Array; readonly isLast: boolean }> {
    const request = decodeDirectoryRequest(frame)
    let response: DirectoryResponse
    try {
      response = request.ok ? await this.#answer(request.value, signal) : refusal(request.reason)
    } catch (error) {
      response = { t: 'error', code: errorCode(error).slice(0, 128), message: errorMessage(error).slice(0, 512) }
    }
    const isLast = response.t === 'error' && ENDING.has(response.code)
    if (isLast) this.#init.onMisdeed('malformed')
    return { frame: encodeMessage(response), isLast }
  }

  async #answer(request: DirectoryRequest, signal: AbortSignal): Promise<DirectoryResponse> {
    const { directory, peer, onFind } = this.#init
    switch (request.t) {
      case 'ask': {
        const question = decodeQuestion(request.question)
        if (!question.ok) return refusal(question.reason)
        // A salt is for audits, which a directory does not need: it is signed piece by piece, and soon replaced.
        if (question.value.salt !== undefined) return refusal('unsupported')
        return { t: 'reply', reply: run(answer(directory.tree, question.value, Math.random)) }
      }
      case 'fetch':
        return entriesIn(directory, request.slots)
      case 'put': {
        const added = await addAll(directory, request.entries, peer, this.#init.onMisdeed)
        if (added.includes('new')) this.#init.onNews?.()
        return { t: 'ok', kept: added.filter(isKept).length }
      }
      case 'find':
        return { t: 'found', relays: [], peers: [], ...(await onFind?.(request.ns, peer, signal)) }
    }
  }
}

/** The asking side of a stream. */
export interface DirectoryExchange {
  ask(question: Uint8Array): Promise<Uint8Array>
  fetch(slots: Uint8Array): Promise<{ readonly entries: readonly PackedEntry[]; readonly taken: number }>
  /** Resolves with how many of them the other side holds now. */
  put(entries: readonly PackedEntry[]): Promise<number>
  find(ns: string): Promise<FindAnswer>
  close(): void
}

/** Opens a stream for questions about the directory, one at a time. They fail with `connection-lost`, `bad-response` or the other side's code. */
export async function openDirectory(connection: Connection, networkId: string, signal: AbortSignal): Promise<DirectoryExchange> {
  const exchange = await openExchange(connection, directoryProtocol(networkId), signal)
  return {
    ask: async (question) => (await request(exchange, { t: 'ask', question }, 'reply')).reply,
    fetch: (slots) => request(exchange, { t: 'fetch', slots }, 'entries'),
    put: async (entries) => (await request(exchange, { t: 'put', entries }, 'ok')).kept,
    find: (ns) => request(exchange, { t: 'find', ns }, 'found'),
    close: () => exchange.close(),
  }
}

/** Asks one peer who keeps a namespace. */
export async function askFind(connection: Connection, networkId: string, ns: string, signal: AbortSignal): Promise<FindAnswer> {
  const directory = await openDirectory(connection, networkId, signal)
  const close = (): void => directory.close()
  signal.addEventListener('abort', close, { once: true })
  try {
    return await directory.find(ns)
  } finally {
    signal.removeEventListener('abort', close)
    close()
  }
}

/** Adds what a peer brought, and notes forgeries. */
export async function addAll(
  directory: Directory,
  entries: readonly PackedEntry[],
  source: string,
  onMisdeed: (misdeed: Misdeed) => void,
): Promise<readonly Added[]> {
  const all: Added[] = []
  for (const entry of entries) {
    const added = await directory.add(entry, source)
    if (isForgery(added)) onMisdeed('forged-entries')
    all.push(added)
  }
  return all
}

/** Whether the entry, or a newer one in its place, is here. */
export function isKept(added: Added): boolean {
  return added === 'new' || added === 'newer' || added === 'same' || added === 'superseded'
}

/** Entries for one message, from the first on, as many as fit; and how many slots were looked at. */
export function entriesIn(directory: Directory, slots: Uint8Array): { t: 'entries'; entries: readonly PackedEntry[]; taken: number } {
  const entries: PackedEntry[] = []
  let bytes = 0
  let taken = 0
  for (; taken * 16 < slots.length && entries.length < MAX_ENTRIES; taken++) {
    const entry = directory.at(slots.subarray(taken * 16, taken * 16 + 16))
    if (entry === undefined) continue
    bytes += entry.packed.length + ENTRY_FRAME_BYTES
    if (bytes > MAX_ENTRIES_BYTES) break
    entries.push({ kind: entry.kind, packed: entry.packed })
  }
  return { t: 'entries', entries, taken }
}

/** All steps at once: a directory is small. */
export function run<T>(steps: Generator<undefined, T, undefined>): T {
  for (;;) {
    const step = steps.next()
    if (step.done === true) return step.value
  }
}

function refusal(reason: string): DirectoryResponse {
  return { t: 'error', code: reason, message: 'The request cannot be read' }
}

async function request<T extends DirectoryResponse['t']>(
  { exchange }: Exchange,
  message: DirectoryRequest,
  expected: T,
): Promise<Extract<DirectoryResponse, { readonly t: T }>> {
  const response = decodeDirectoryResponse(await exchange(encodeMessage(message)))
  if (!response.ok) throw new DocstoreError('bad-response', `The peer answered what no peer of ours does (${response.reason})`)
  const { value } = response
  if (value.t === 'error') throw new DocstoreError(value.code, value.message)
  if (!isOfType(value, expected)) throw new DocstoreError('bad-response', `The peer answered ${value.t} instead of ${expected}`)
  return value
}

function isOfType<T extends DirectoryResponse['t']>(response: DirectoryResponse, t: T): response is Extract<DirectoryResponse, { readonly t: T }> {
  return response.t === t
}
