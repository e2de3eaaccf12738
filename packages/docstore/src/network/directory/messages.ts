import { type NamespaceBytes, asStruct, decodeCbor, encodeCbor, isBytes, parseCid, DAG_CBOR, type Verdict } from '@p2p-docstore/core'
import { MAX_DIRECTORY_FRAME_BYTES, MAX_ENTRIES, MAX_FETCHED, MAX_FOUND_PEERS, MAX_FOUND_RELAYS, MAX_LISTED } from './limits.ts'

/** Bytes of a slot. */
const SLOT_BYTES = 16
/** Longest text of a response, UTF-16 code units. */
const MAX_TEXT = 512

/** An entry as it travels and is stored: a signed structure, and which. */
export interface PackedEntry {
  readonly kind: 'peer' | 'revocation'
  /** `packSigned` of it. */
  readonly packed: Uint8Array
}

/** Who keeps a namespace. */
export interface FindAnswer {
  /** Packed descriptors of relays that hold it. */
  readonly relays: readonly Uint8Array[]
  /** Ids of peers that keep it and are connected to the relay that says so. */
  readonly peers: readonly string[]
}

/** Namespaces that a relay holds and their owners list, with rising ids. */
export interface Listing {
  readonly namespaces: readonly NamespaceBytes[]
  /** Whether others follow behind the last one. */
  readonly more: boolean
}

/** What a peer asks about the directory. */
export type DirectoryRequest =
  | { readonly t: 'ask'; readonly question: Uint8Array }
  | { readonly t: 'fetch'; readonly slots: Uint8Array }
  | { readonly t: 'put'; readonly entries: readonly PackedEntry[] }
  | { readonly t: 'find'; readonly ns: string }
  /** Which namespaces are there that may be named, with ids greater than this one? */
  | { readonly t: 'list'; readonly after: string }

/** What it is answered. */
export type DirectoryResponse =
  | { readonly t: 'reply'; readonly reply: Uint8Array }
  /** The entries in the first `taken` slots. */
  | { readonly t: 'entries'; readonly entries: readonly PackedEntry[]; readonly taken: number }
  /** How many of the entries are here now, in that version or a newer one. */
  | { readonly t: 'ok'; readonly kept: number }
  | ({ readonly t: 'found' } & FindAnswer)
  | ({ readonly t: 'listed' } & Listing)
  | { readonly t: 'error'; readonly code: string; readonly message: string }

export function encodeMessage(message: DirectoryRequest | DirectoryResponse): Uint8Array {
  return encodeCbor(message)
}

/** Reads a request of another peer. */
export function decodeDirectoryRequest(frame: Uint8Array): Verdict<DirectoryRequest> {
  const decoded = decodeCbor(frame, MAX_DIRECTORY_FRAME_BYTES)
  if (!decoded.ok) return decoded
  const { value } = decoded
  const ask = asStruct(value, ['t', 'question'])
  if (ask?.['t'] === 'ask' && isBytes(ask['question'])) return { ok: true, value: { t: 'ask', question: ask['question'] } }
  const fetch = asStruct(value, ['t', 'slots'])
  const slots = fetch?.['t'] === 'fetch' ? fetch['slots'] : undefined
  if (isBytes(slots) && slots.length % SLOT_BYTES === 0 && slots.length <= MAX_FETCHED * SLOT_BYTES) return { ok: true, value: { t: 'fetch', slots } }
  const put = asStruct(value, ['t', 'entries'])
  const entries = put?.['t'] === 'put' ? readList(put['entries'], MAX_ENTRIES, asPackedEntry) : undefined
  if (entries !== undefined) return { ok: true, value: { t: 'put', entries } }
  const find = asStruct(value, ['t', 'ns'])
  const ns = find?.['ns']
  if (find?.['t'] === 'find' && typeof ns === 'string' && ns.length <= MAX_TEXT && parseCid(DAG_CBOR, ns) !== undefined)
    return { ok: true, value: { t: 'find', ns } }
  const list = asStruct(value, ['t', 'after'])
  const after = list?.['t'] === 'list' ? asText(list['after']) : undefined
  if (after !== undefined) return { ok: true, value: { t: 'list', after } }
  return { ok: false, reason: 'malformed' }
}

/** Reads a response of another peer. */
export function decodeDirectoryResponse(frame: Uint8Array): Verdict<DirectoryResponse> {
  const decoded = decodeCbor(frame, MAX_DIRECTORY_FRAME_BYTES)
  if (!decoded.ok) return decoded
  const response = readResponse(decoded.value)
  return response === undefined ? { ok: false, reason: 'malformed' } : { ok: true, value: response }
}

/** What a decoder found where an entry should be. */
export function asPackedEntry(value: unknown): PackedEntry | undefined {
  const struct = asStruct(value, ['kind', 'packed'])
  const kind = struct?.['kind']
  const packed = struct?.['packed']
  return (kind === 'peer' || kind === 'revocation') && isBytes(packed) ? { kind, packed } : undefined
}

function readResponse(value: unknown): DirectoryResponse | undefined {
  const reply = asStruct(value, ['t', 'reply'])
  if (reply?.['t'] === 'reply' && isBytes(reply['reply'])) return { t: 'reply', reply: reply['reply'] }
  const some = asStruct(value, ['t', 'entries', 'taken'])
  const entries = some?.['t'] === 'entries' ? readList(some['entries'], MAX_ENTRIES, asPackedEntry) : undefined
  if (entries !== undefined && isCount(some?.['taken'], MAX_FETCHED)) return { t: 'entries', entries, taken: some['taken'] }
  const ok = asStruct(value, ['t', 'kept'])
  if (ok?.['t'] === 'ok' && isCount(ok['kept'], MAX_ENTRIES)) return { t: 'ok', kept: ok['kept'] }
  const found = asStruct(value, ['t', 'relays', 'peers'])
  const relays = found?.['t'] === 'found' ? readList(found['relays'], MAX_FOUND_RELAYS, asBytes) : undefined
  const peers = readList(found?.['peers'], MAX_FOUND_PEERS, asText)
  if (relays !== undefined && peers !== undefined) return { t: 'found', relays, peers }
  const listed = asStruct(value, ['t', 'namespaces', 'more'])
  const namespaces = listed?.['t'] === 'listed' ? readList(listed['namespaces'], MAX_LISTED, asNamespace) : undefined
  const more = listed?.['more']
  if (namespaces !== undefined && typeof more === 'boolean') return { t: 'listed', namespaces, more }
  const error = asStruct(value, ['t', 'code', 'message'])
  const [code, message] = [asText(error?.['code']), asText(error?.['message'])]
  return error?.['t'] === 'error' && code !== undefined && message !== undefined ? { t: 'error', code, message } : undefined
}

function asNamespace(value: unknown): NamespaceBytes | undefined {
  const struct = asStruct(value, ['genesis', 'head', 'signature'])
  const [genesis, head, signature] = [asBytes(struct?.['genesis']), asBytes(struct?.['head']), asBytes(struct?.['signature'])]
  return genesis === undefined || head === undefined || signature === undefined ? undefined : { genesis, head, signature }
}

function readList<T>(value: unknown, max: number, read: (item: unknown) => T | undefined): readonly T[] | undefined {
  if (!Array.isArray(value) || value.length > max) return undefined
  const items = value.map(read).filter((item) => item !== undefined)
  return items.length === value.length ? items : undefined
}

function isCount(value: unknown, max: number): value is number {
  return typeof value === 'number' && Number.isInteger(value) && value >= 0 && value <= max
}

function asBytes(value: unknown): Uint8Array | undefined {
  return isBytes(value) ? value : undefined
}

function asText(value: unknown): string | undefined {
  return typeof value === 'string' && value.length <= MAX_TEXT ? value : undefined
}
