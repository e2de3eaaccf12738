import * as dagCbor from '@ipld/dag-cbor'
import { asStruct, decodeCbor, isBytes, isUint } from '../model/encoding/cbor.ts'
import { accept, refuse, type Verdict } from '../model/verdict.ts'
import { SLOT_BYTES } from '../model/record.ts'
import { MAX_TIPS } from '../replica/limits.ts'
import { type Parts, PARTS_BYTES } from '../sets/parts.ts'
import type { Acceptance, LogParcel, LogTips, LogWant, NamespaceBytes } from '../replica/types.ts'
import { SIGNATURE_BYTES } from '../model/keys/identity.ts'
import { LIST_PAGE, LOGS_PAGE, MAX_ACTS, MAX_FETCH_SLOTS, MAX_FOLLOWED, MAX_FRAME_BYTES, MAX_JOINED } from './limits.ts'

/** What a peer is to others: a `relay` answers and keeps everything, a `peer` asks. */
export type Role = 'relay' | 'peer'

/** One namespace of a follow request: where the asking side stands in the other's local order. */
export interface Followed {
  readonly ns: string
  readonly since: number
  /** Of which parts it is to be told, where not of all: only for who said `CAN_PARTS`. */
  readonly parts?: Parts
}

/** Records of a namespace up to position `seq`, and whether there are `more` behind it. */
export interface NamespaceNews {
  readonly ns: string
  readonly batch: Uint8Array | null
  readonly seq: number
  readonly more: boolean
}

/** What became of one batch of several: a word per record, or why it was refused as a whole. */
export type BatchResult = readonly Acceptance[] | { readonly code: string; readonly message: string }

/** What a peer says in its greeting that it understands besides the first edition of this protocol: the request `puts`. */
export const CAN_PUTS = 'puts'
/** The requests `logs`, `acts` and `learn`. */
export const CAN_LOGS = 'logs'
/** That `open` tells of a namespace which the asking side has. */
export const CAN_HAS = 'has'
/** That `open` names the head that the asking side has, which then need not come again. */
export const CAN_HEAD = 'head'
/** That `open`, `pull` and `follow` are about some parts of a namespace. */
export const CAN_PARTS = 'parts'
/** Such words that are read. */
const MAX_CAN = 16

/** What one side asks. The first request of every stream is `hello`. */
export type Request =
  | { readonly t: 'hello'; readonly v: 1; readonly net: string; readonly role: Role; readonly clock: number; readonly epoch: string }
  /** Which namespaces are there, after this id? */
  | { readonly t: 'list'; readonly after: string }
  /**
   * How does this namespace stand with you? With `has`, which is only for who said `CAN_HAS`, it need not be looked for elsewhere: it is here. With
   * `head`, only for who said `CAN_HEAD`, the hash of the newest head here. With `parts`, only for who said `CAN_PARTS`, root and count are to be those of
   * the records in these.
   */
  | { readonly t: 'open'; readonly ns: string; readonly has?: true; readonly head?: Uint8Array; readonly parts?: Parts }
  /** Here is a namespace, or a newer head of it. */
  | ({ readonly t: 'offer' } & NamespaceBytes)
  /** Which logs of persons and roles does the namespace need, after this one, and how far do you have them? */
  | { readonly t: 'logs'; readonly ns: string; readonly after: Uint8Array }
  /** Send me the acts of these logs that do not lie before mine. */
  | { readonly t: 'acts'; readonly ns: string; readonly wants: readonly LogWant[] }
  /** Take these acts. With the genesis of the namespace where that may not be there yet. */
  | { readonly t: 'learn'; readonly ns: string; readonly genesis: Uint8Array | null; readonly logs: readonly LogParcel[] }
  /** A question of a reconciliation. */
  | { readonly t: 'ask'; readonly ns: string; readonly question: Uint8Array }
  /** Send me these slots. */
  | { readonly t: 'fetch'; readonly ns: string; readonly slots: Uint8Array }
  /** Take these records. */
  | { readonly t: 'put'; readonly ns: string; readonly batch: Uint8Array }
  /** Take these records of several namespaces. Only for who said `CAN_PUTS`. */
  | { readonly t: 'puts'; readonly puts: readonly { readonly ns: string; readonly batch: Uint8Array }[] }
  /** Send me the records after a position, of some parts or of all. */
  | { readonly t: 'pull'; readonly epoch: string; readonly ns: string; readonly since: number; readonly parts?: Parts }
  /**
   * Tell me what is new; wait up to `wait` milliseconds for it. `wants` adds to what earlier requests of this stream named, or moves its
   * positions.
   */
  | { readonly t: 'follow'; readonly epoch: string; readonly wants: readonly Followed[]; readonly wait: number }

/** What the other side answers. */
export type Response =
  | {
      readonly t: 'hello'
      readonly v: 1
      readonly net: string
      readonly role: Role
      readonly clock: number
      readonly epoch: string
      readonly can?: readonly string[]
    }
  | { readonly t: 'list'; readonly ids: readonly string[] }
  | { readonly t: 'unknown' }
  | {
      readonly t: 'opened'
      /** Left out where its head is the one that was named. */
      readonly namespace?: NamespaceBytes
      readonly root: string
      readonly count: number
      readonly seq: number
      /** Digest of the logs that it needs, where it needs some. */
      readonly logs?: Uint8Array
    }
  | { readonly t: 'logs'; readonly logs: readonly LogTips[] }
  /** Whether `more` acts follow those of the last of these logs, or there are others of logs behind it. */
  | { readonly t: 'acts'; readonly logs: readonly LogParcel[]; readonly more: boolean }
  | { readonly t: 'learnt'; readonly refused: number }
  | { readonly t: 'ok' }
  | { readonly t: 'reply'; readonly reply: Uint8Array }
  | { readonly t: 'batch'; readonly batch: Uint8Array | null; readonly taken: number }
  | { readonly t: 'results'; readonly results: readonly Acceptance[]; readonly clock: number }
  | { readonly t: 'all-results'; readonly results: readonly BatchResult[]; readonly clock: number }
  /** News of a namespace, and what goes with it of others. */
  | ({ readonly t: 'news'; readonly also?: readonly NamespaceNews[] } & NamespaceNews)
  | { readonly t: 'idle' }
  | { readonly t: 'error'; readonly code: string; readonly message: string; readonly retryMs?: number }

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
  'forgotten',
  'against-rules',
  'unknown-person',
  'no-device',
  'revoked',
  'removed',
] satisfies readonly Acceptance[]

/** Longest id of a namespace, cursor epoch or error text that is read, characters. */
const MAX_TEXT = 512

/** One frame: dag-cbor of a request. */
export function encodeRequest(request: Request): Uint8Array {
  switch (request.t) {
    case 'follow':
      return dagCbor.encode({ ...request, wants: request.wants.map(({ ns, since, parts }) => [ns, since, ...(parts === undefined ? [] : [parts])]) })
    case 'puts':
      return dagCbor.encode({ ...request, puts: request.puts.map(({ ns, batch }) => [ns, batch]) })
    case 'acts':
      return dagCbor.encode({ ...request, wants: request.wants.map(({ log, tips, skip }) => [log, tips, skip]) })
    case 'learn':
      return dagCbor.encode({ ...request, logs: request.logs.map(parcelList) })
    default:
      return dagCbor.encode(request)
  }
}

/** One frame: dag-cbor of a response. */
export function encodeResponse(response: Response): Uint8Array {
  switch (response.t) {
    case 'opened': {
      const { namespace, ...rest } = response
      return dagCbor.encode({ ...rest, ...namespace })
    }
    case 'logs':
      return dagCbor.encode({ ...response, logs: response.logs.map(({ log, tips }) => [log, tips]) })
    case 'acts':
      return dagCbor.encode({ ...response, logs: response.logs.map(parcelList) })
    case 'results':
      return dagCbor.encode({ ...response, results: acceptanceBytes(response.results) })
    case 'all-results':
      return dagCbor.encode({
        ...response,
        results: response.results.map((one) => ('code' in one ? [one.code, one.message] : acceptanceBytes(one))),
      })
    case 'news':
      return dagCbor.encode(
        response.also === undefined ? response : { ...response, also: response.also.map(({ ns, batch, seq, more }) => [ns, batch, seq, more]) },
      )
    default:
      return dagCbor.encode(response)
  }
}

function parcelList({ log, genesis, acts }: LogParcel): unknown {
  return [log, genesis ?? null, acts.map(({ bytes, signature }) => [bytes, signature])]
}

function readHash(value: unknown): Uint8Array | undefined {
  return isBytes(value, 32) ? value : undefined
}

function readTips(value: unknown): LogTips | undefined {
  if (!Array.isArray(value) || value.length !== 2) return undefined
  const [log, list]: unknown[] = value
  const tips = readEach(list, MAX_TIPS, readHash)
  return isBytes(log, 32) && tips !== undefined ? { log, tips } : undefined
}

function readWant(value: unknown): LogWant | undefined {
  if (!Array.isArray(value) || value.length !== 3) return undefined
  const tips = readTips(value.slice(0, 2))
  const skip: unknown = value[2]
  return tips !== undefined && isUint(skip) ? { ...tips, skip } : undefined
}

function readAct(value: unknown): LogParcel['acts'][number] | undefined {
  if (!Array.isArray(value) || value.length !== 2) return undefined
  const [bytes, signature]: unknown[] = value
  return isBytes(bytes) && isBytes(signature, SIGNATURE_BYTES) ? { bytes, signature } : undefined
}

function readParcel(value: unknown): LogParcel | undefined {
  if (!Array.isArray(value) || value.length !== 3) return undefined
  const [log, genesis, list]: unknown[] = value
  const acts = readEach(list, MAX_ACTS, readAct)
  if (!isBytes(log, 32) || !(genesis === null || isBytes(genesis)) || acts === undefined) return undefined
  return { log, ...(genesis === null ? {} : { genesis }), acts }
}

function acceptanceBytes(words: readonly Acceptance[]): Uint8Array {
  return Uint8Array.from(words, (one) => ACCEPTANCES.indexOf(one))
}

function readAcceptances(bytes: Uint8Array): readonly Acceptance[] | undefined {
  const words: Acceptance[] = []
  for (const number of bytes) {
    const word = ACCEPTANCES[number]
    if (word === undefined) return undefined
    words.push(word)
  }
  return words
}

/** Each of a list of at most so many, `undefined` where one of them cannot be read. */
function readEach<T>(value: unknown, max: number, read: (one: unknown) => T | undefined): readonly T[] | undefined {
  if (!Array.isArray(value) || value.length > max) return undefined
  const all: T[] = []
  for (const one of value as unknown[]) {
    const item = read(one)
    if (item === undefined) return undefined
    all.push(item)
  }
  return all
}

function readNews(value: unknown): NamespaceNews | undefined {
  if (!Array.isArray(value) || value.length !== 4) return undefined
  const [ns, batch, seq, more]: unknown[] = value
  return isText(ns) && (batch === null || isBytes(batch)) && isUint(seq) && typeof more === 'boolean' ? { ns, batch, seq, more } : undefined
}

function readPut(value: unknown): { readonly ns: string; readonly batch: Uint8Array } | undefined {
  if (!Array.isArray(value) || value.length !== 2) return undefined
  const [ns, batch]: unknown[] = value
  return isText(ns) && isBytes(batch) ? { ns, batch } : undefined
}

function readBatchResult(value: unknown): BatchResult | undefined {
  if (isBytes(value)) return readAcceptances(value)
  if (!Array.isArray(value) || value.length !== 2) return undefined
  const [code, message]: unknown[] = value
  return isText(code) && isText(message) ? { code, message } : undefined
}

/** The map that a frame is, in the one form that it has: what one peer reads, all of them read. */
function decodeFrame(bytes: Uint8Array): Verdict<Readonly<Record<string, unknown>>> {
  const decoded = decodeCbor(bytes, MAX_FRAME_BYTES)
  if (!decoded.ok) return decoded
  const { value } = decoded
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return refuse('malformed')
  return accept(value as Readonly<Record<string, unknown>>)
}

/** Reads a request frame. */
export function decodeRequest(bytes: Uint8Array): Verdict<Request> {
  const frame = decodeFrame(bytes)
  if (!frame.ok) return frame
  const request = readRequest(frame.value)
  return request === undefined ? refuse('malformed') : accept(request)
}

function readRequest(frame: Readonly<Record<string, unknown>>): Request | undefined {
  const { t, v, net, role, clock, after, ns, genesis, head, signature, question, slots, batch, puts, epoch, since, wants, wait, logs, has, parts } =
    frame
  switch (t) {
    case 'hello':
      return asStruct(frame, ['t', 'v', 'net', 'role', 'clock', 'epoch']) && v === 1 && isText(net) && isRole(role) && isUint(clock) && isText(epoch)
        ? { t, v, net, role, clock, epoch }
        : undefined
    case 'list':
      return asStruct(frame, ['t', 'after']) && isText(after) ? { t, after } : undefined
    case 'open':
      if (!asStruct(frame, ['t', 'ns'], ['has', 'head', 'parts']) || !isText(ns)) return undefined
      if (!(has === undefined || has === true) || !(head === undefined || isBytes(head, 32)) || !areParts(parts)) return undefined
      return { t, ns, ...(has === undefined ? {} : { has }), ...(head === undefined ? {} : { head }), ...(parts === undefined ? {} : { parts }) }
    case 'offer':
      return asStruct(frame, ['t', 'genesis', 'head', 'signature']) && isBytes(genesis) && isBytes(head) && isBytes(signature)
        ? { t, genesis, head, signature }
        : undefined
    case 'logs':
      return asStruct(frame, ['t', 'ns', 'after']) && isText(ns) && isBytes(after) && (after.length === 0 || after.length === 32)
        ? { t, ns, after }
        : undefined
    case 'acts': {
      const all = asStruct(frame, ['t', 'ns', 'wants']) && readEach(wants, LOGS_PAGE, readWant)
      return all === undefined || !isText(ns) ? undefined : { t, ns, wants: all }
    }
    case 'learn': {
      const all = asStruct(frame, ['t', 'ns', 'genesis', 'logs']) && readEach(logs, LOGS_PAGE, readParcel)
      return all === undefined || !isText(ns) || !(genesis === null || isBytes(genesis)) ? undefined : { t, ns, genesis, logs: all }
    }
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
    case 'puts': {
      const all = asStruct(frame, ['t', 'puts']) && readEach(puts, MAX_JOINED, readPut)
      return all === undefined ? undefined : { t, puts: all }
    }
    case 'pull':
      if (!asStruct(frame, ['t', 'epoch', 'ns', 'since'], ['parts']) || !isText(epoch) || !isText(ns) || !isUint(since)) return undefined
      return areParts(parts) ? { t, epoch, ns, since, ...(parts === undefined ? {} : { parts }) } : undefined
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
        if (!Array.isArray(want) || want.length < 2 || want.length > 3) return undefined
        const [id, since, some]: unknown[] = want
        if (!isText(id) || !isUint(since) || !areParts(some)) return undefined
        followed.push({ ns: id, since, ...(some === undefined ? {} : { parts: some }) })
      }
      return { t, epoch, wants: followed, wait }
    }
    default:
      return undefined
  }
}

/** Reads a response frame. */
export function decodeResponse(bytes: Uint8Array): Verdict<Response> {
  const frame = decodeFrame(bytes)
  if (!frame.ok) return frame
  const response = readResponse(frame.value)
  return response === undefined ? refuse('malformed') : accept(response)
}

function readResponse(frame: Readonly<Record<string, unknown>>): Response | undefined {
  const {
    t,
    v,
    net,
    role,
    clock,
    epoch,
    ids,
    root,
    count,
    seq,
    genesis,
    head,
    signature,
    reply,
    batch,
    taken,
    results,
    ns,
    more,
    also,
    can,
    code,
    message,
    logs,
    refused,
    retryMs,
  } = frame
  switch (t) {
    case 'hello': {
      const words = can === undefined ? [] : readEach(can, MAX_CAN, (word) => (isText(word) ? word : undefined))
      return v === 1 && isText(net) && isRole(role) && isUint(clock) && isText(epoch) && words !== undefined
        ? { t, v, net, role, clock, epoch, can: words }
        : undefined
    }
    case 'list':
      return Array.isArray(ids) && ids.length <= LIST_PAGE && ids.every(isText) ? { t, ids } : undefined
    case 'unknown':
    case 'ok':
    case 'idle':
      return { t }
    case 'opened': {
      const isSame = genesis === undefined && head === undefined && signature === undefined
      const namespace = isBytes(genesis) && isBytes(head) && isBytes(signature) ? { genesis, head, signature } : undefined
      return isText(root) && isUint(count) && isUint(seq) && (isSame || namespace !== undefined) && (logs === undefined || isBytes(logs, 32))
        ? { t, root, count, seq, ...(namespace === undefined ? {} : { namespace }), ...(logs === undefined ? {} : { logs }) }
        : undefined
    }
    case 'logs': {
      const all = readEach(logs, LOGS_PAGE, readTips)
      return all === undefined ? undefined : { t, logs: all }
    }
    case 'acts': {
      const all = readEach(logs, LOGS_PAGE, readParcel)
      return all === undefined || typeof more !== 'boolean' ? undefined : { t, logs: all, more }
    }
    case 'learnt':
      return isUint(refused) ? { t, refused } : undefined
    case 'reply':
      return isBytes(reply) ? { t, reply } : undefined
    case 'batch':
      return (batch === null || isBytes(batch)) && isUint(taken) ? { t, batch, taken } : undefined
    case 'results': {
      const words = isBytes(results) ? readAcceptances(results) : undefined
      return words !== undefined && isUint(clock) ? { t, results: words, clock } : undefined
    }
    case 'all-results': {
      const all = readEach(results, MAX_JOINED, readBatchResult)
      return all !== undefined && isUint(clock) ? { t, results: all, clock } : undefined
    }
    case 'news': {
      const first = readNews([ns, batch, seq, more])
      const others = also === undefined ? undefined : readEach(also, MAX_JOINED, readNews)
      if (first === undefined || (also !== undefined && others === undefined)) return undefined
      return { t, ...first, ...(others === undefined ? {} : { also: others }) }
    }
    case 'error':
      if (!isText(code) || !isText(message)) return undefined
      return isUint(retryMs) ? { t, code, message, retryMs } : { t, code, message }
    default:
      return undefined
  }
}

function areParts(value: unknown): value is Parts | undefined {
  return value === undefined || isBytes(value, PARTS_BYTES)
}

function isText(value: unknown): value is string {
  return typeof value === 'string' && value.length <= MAX_TEXT
}

function isRole(value: unknown): value is Role {
  return value === 'relay' || value === 'peer'
}
