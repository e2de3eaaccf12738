import type { Connection } from '@libp2p/interface'
import { DocstoreError, type Exchange } from '@p2p-docstore/core'
import { openExchange } from '../sync/index.ts'
import type { PackedEntry } from './messages.ts'
import { decodeDirectoryResponse, type DirectoryRequest, type DirectoryResponse, encodeMessage, type FindAnswer, type Listing } from './messages.ts'

/** Name of the protocol of the directory in a network. */
export function directoryProtocol(networkId: string): string {
  return `/docstore/${networkId}/directory/1`
}

/** The asking side of a stream. */
export interface DirectoryExchange {
  ask(question: Uint8Array): Promise<Uint8Array>
  fetch(slots: Uint8Array): Promise<{ readonly entries: readonly PackedEntry[]; readonly taken: number }>
  /** Resolves with how many of them the other side holds now. */
  put(entries: readonly PackedEntry[]): Promise<number>
  find(ns: string): Promise<FindAnswer>
  list(after: string): Promise<Listing>
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
    list: (after) => request(exchange, { t: 'list', after }, 'listed'),
    close: () => exchange.close(),
  }
}

/** Asks one peer who keeps a namespace. */
export async function askFind(connection: Connection, networkId: string, ns: string, signal: AbortSignal): Promise<FindAnswer> {
  return askOne(connection, networkId, signal, (directory) => directory.find(ns))
}

/** Asks one peer which namespaces it may name. */
export async function askList(connection: Connection, networkId: string, after: string, signal: AbortSignal): Promise<Listing> {
  return askOne(connection, networkId, signal, (directory) => directory.list(after))
}

async function askOne<T>(
  connection: Connection,
  networkId: string,
  signal: AbortSignal,
  ask: (directory: DirectoryExchange) => Promise<T>,
): Promise<T> {
  const directory = await openDirectory(connection, networkId, signal)
  const close = (): void => directory.close()
  signal.addEventListener('abort', close, { once: true })
  try {
    return await ask(directory)
  } finally {
    signal.removeEventListener('abort', close)
    close()
  }
}

async function request<T extends DirectoryResponse['t']>(
  { exchange }: Exchange,
  message: DirectoryRequest,
  expected: T,
): Promise<Extract<DirectoryResponse, { readonly t: T }>> {
  const response = decodeDirectoryResponse(await exchange(encodeMessage(message)))
  if (!response.ok) throw new DocstoreError('bad-response', `The peer answered what no peer of ours does (${response.reason})`)
  const { value } = response
  if (value.t === 'error') throw DocstoreError.passedOn(value.code, value.message)
  if (!isOfType(value, expected)) throw new DocstoreError('bad-response', `The peer answered ${value.t} instead of ${expected}`)
  return value
}

function isOfType<T extends DirectoryResponse['t']>(response: DirectoryResponse, t: T): response is Extract<DirectoryResponse, { readonly t: T }> {
  return response.t === t
}
