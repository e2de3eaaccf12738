import * as dagCbor from '@ipld/dag-cbor'
import { asStruct, isBytes, isUint } from '../model/cbor.ts'
import { accept, refuse, type Refusal, type Verdict } from '../model/verdict.ts'
import { SLOT_BYTES } from '../model/record.ts'
import type { Acceptance } from '../replica/types.ts'
import { LIST_PAGE, MAX_FETCH_SLOTS, MAX_FOLLOWED, MAX_FRAME_BYTES } from './limits.ts'

/** What a peer is to others: a `relay` answers and keeps everything, a `peer` asks. */
export type Role = 'relay' | 'peer'

/** Genesis, head and the head's signature. */
export interface NamespaceBytes {
  readonly genesis: Uint8Array
  readonly head: Uint8Array
  readonly signature: Uint8Array
}

/** One namespace of a follow request: where the asking side stands in the other's local order. */
export interface Followed {
  readonly ns: string
  readonly since: number
}

/** What one side asks. The first request of every stream is `hello`. */
export type Request =
  | { readonly t: 'hello'; readonly v: 1; readonly net: string; readonly role: Role; readonly clock: number; readonly epoch: string }
  /** Which namespaces are there, after this id? */
  | { readonly t: 'list'; readonly after: string }
  /** How does this namespace stand with you? */
  | { readonly t: 'open'; readonly ns: string }
  /** Here is a namespace, or a newer head of it. */
  | ({ readonly t: 'offer' } & NamespaceBytes)
  /** A question of a reconciliation. */
  | { readonly t: 'ask'; readonly ns: string; readonly question: Uint8Array }
  /** Send me these slots. */
  | { readonly t: 'fetch'; readonly ns: string; readonly slots: Uint8Array }
  /** Take these records. */
  | { readonly t: 'put'; readonly ns: string; readonly batch: Uint8Array }
  /** Send me the records after a position. */
  | { readonly t: 'pull'; readonly epoch: string; readonly ns: string; readonly since: number }
  /**
   * Tell me what is new; wait up to `wait` milliseconds for it. `wants` adds to what earlier requests of this stream named, or moves its
   * positions.
   */
  | { readonly t: 'follow'; readonly epoch: string; readonly wants: readonly Followed[]; readonly wait: number }

/** What the other side answers. */
export type Response =
  | { readonly t: 'hello'; readonly v: 1; readonly net: string; readonly role: Role; readonly clock: number; readonly epoch: string }
  | { readonly t: 'list'; readonly ids: readonly string[] }
  | { readonly t: 'unknown' }
  | ({ readonly t: 'opened'; readonly root: string; readonly count: number; readonly seq: number } & NamespaceBytes)
  | { readonly t: 'ok' }
  | { readonly t: 'reply'; readonly reply: Uint8Array }
  | { readonly t: 'batch'; readonly batch: Uint8Array | null; readonly taken: number }
  | { readonly t: 'results'; readonly results: readonly Acceptance[]; readonly clock: number }
  /** Records of a namespace up to position `seq`, and whether there are `more` behind it. */
  | { readonly t: 'news'; readonly ns: string; readonly batch: Uint8Array | null; readonly seq: number; readonly more: boolean }
  | { readonly t: 'idle' }
  | { readonly t: 'error'; readonly code: string; readonly message: string }

/** Acceptances by their number on the wire. Append only. */
const ACCEPTANCES: readonly Acceptance[] = [
  'stored',
  'same',
  'superseded',
  'malformed',
  'not-canonical',
  'too-large',
  'wrong-network',
  'wrong-namespace',
  'bad-signature',
  'bad-key',
  'not-sealed',
  'bad-content',
  'not-allowed',
  'future',
  'unsupported',
  'quota',
] satisfies readonly ('stored' | 'same' | 'superseded' | Refusal)[]

/** Longest id of a namespace, cursor epoch or error text that is read, characters. */
const MAX_TEXT = 512

/** One frame: dag-cbor of a request. */
export function encodeRequest(request: Request): Uint8Array {
  return dagCbor.encode(request.t === 'follow' ? { ...request, wants: request.wants.map(({ ns, since }) => [ns, since]) } : request)
}

/** One frame: dag-cbor of a response. */
export function encodeResponse(response: Response): Uint8Array {
  return dagCbor.encode(
    response.t === 'results' ? { ...response, results: Uint8Array.from(response.results, (one) => ACCEPTANCES.indexOf(one)) } : response,
  )
}

function decodeFrame(bytes: Uint8Array): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = dagCbor.decode(bytes)
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Readonly<Record<string, unknown>>) : undefined
  } catch {
    return undefined
  }
}

/** Reads a request frame. */
export function decodeRequest(bytes: Uint8Array): Verdict<Request> {
  if (bytes.length > MAX_FRAME_BYTES) return refuse('too-large')
  const frame = decodeFrame(bytes)
  const request = frame && readRequest(frame)
  return request === undefined ? refuse('malformed') : accept(request)
}

function readRequest(frame: Readonly<Record<string, unknown>>): Request | undefined {
  const { t, v, net, role, clock, after, ns, genesis, head, signature, question, slots, batch, epoch, since, wants, wait } = frame
  switch (t) {
    case 'hello':
      return asStruct(frame, ['t', 'v', 'net', 'role', 'clock', 'epoch']) && v === 1 && isText(net) && isRole(role) && isUint(clock) && isText(epoch)
        ? { t, v, net, role, clock, epoch }
        : undefined
    case 'list':
      return asStruct(frame, ['t', 'after']) && isText(after) ? { t, after } : undefined
    case 'open':
      return asStruct(frame, ['t', 'ns']) && isText(ns) ? { t, ns } : undefined
    case 'offer':
      return asStruct(frame, ['t', 'genesis', 'head', 'signature']) && isBytes(genesis) && isBytes(head) && isBytes(signature)
        ? { t, genesis, head, signature }
        : undefined
    case 'ask':
      return asStruct(frame, ['t', 'ns', 'question']) && isText(ns) && isBytes(question) ? { t, ns, question } : undefined
    case 'fetch':
      return asStruct(frame, ['t', 'ns', 'slots']) &&
        isText(ns) &&
        isBytes(slots) &&
        slots.length % SLOT_BYTES === 0 &&
        slots.length <= MAX_FETCH_SLOTS * SLOT_BYTES
        ? { t, ns, slots }
        : undefined
    case 'put':
      return asStruct(frame, ['t', 'ns', 'batch']) && isText(ns) && isBytes(batch) ? { t, ns, batch } : undefined
    case 'pull':
      return asStruct(frame, ['t', 'epoch', 'ns', 'since']) && isText(epoch) && isText(ns) && isUint(since) ? { t, epoch, ns, since } : undefined
    case 'follow': {
      if (
        !asStruct(frame, ['t', 'epoch', 'wants', 'wait']) ||
        !isText(epoch) ||
        !isUint(wait) ||
        !Array.isArray(wants) ||
        wants.length > MAX_FOLLOWED
      )
        return undefined
      const followed: Followed[] = []
      for (const want of wants as unknown[]) {
        if (!Array.isArray(want) || want.length !== 2) return undefined
        const [id, since]: unknown[] = want
        if (!isText(id) || !isUint(since)) return undefined
        followed.push({ ns: id, since })
      }
      return { t, epoch, wants: followed, wait }
    }
    default:
      return undefined
  }
}

/** Reads a response frame. */
export function decodeResponse(bytes: Uint8Array): Verdict<Response> {
  if (bytes.length > MAX_FRAME_BYTES) return refuse('too-large')
  const frame = decodeFrame(bytes)
  const response = frame && readResponse(frame)
  return response === undefined ? refuse('malformed') : accept(response)
}

function readResponse(frame: Readonly<Record<string, unknown>>): Response | undefined {
  const { t, v, net, role, clock, epoch, ids, root, count, seq, genesis, head, signature, reply, batch, taken, results, ns, more, code, message } =
    frame
  switch (t) {
    case 'hello':
      return v === 1 && isText(net) && isRole(role) && isUint(clock) && isText(epoch) ? { t, v, net, role, clock, epoch } : undefined
    case 'list':
      return Array.isArray(ids) && ids.length <= LIST_PAGE && ids.every(isText) ? { t, ids } : undefined
    case 'unknown':
    case 'ok':
    case 'idle':
      return { t }
    case 'opened':
      return isText(root) && isUint(count) && isUint(seq) && isBytes(genesis) && isBytes(head) && isBytes(signature)
        ? { t, root, count, seq, genesis, head, signature }
        : undefined
    case 'reply':
      return isBytes(reply) ? { t, reply } : undefined
    case 'batch':
      return (batch === null || isBytes(batch)) && isUint(taken) ? { t, batch, taken } : undefined
    case 'results': {
      if (!isBytes(results) || !isUint(clock)) return undefined
      const words: Acceptance[] = []
      for (const number of results) {
        const word = ACCEPTANCES[number]
        if (word === undefined) return undefined
        words.push(word)
      }
      return { t, results: words, clock }
    }
    case 'news':
      return isText(ns) && (batch === null || isBytes(batch)) && isUint(seq) && typeof more === 'boolean' ? { t, ns, batch, seq, more } : undefined
    case 'error':
      return isText(code) && isText(message) ? { t, code, message } : undefined
    default:
      return undefined
  }
}

function isText(value: unknown): value is string {
  return typeof value === 'string' && value.length <= MAX_TEXT
}

function isRole(value: unknown): value is Role {
  return value === 'relay' || value === 'peer'
}
