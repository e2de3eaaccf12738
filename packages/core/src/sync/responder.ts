import { sha256 } from '#crypto'
import type { ErrorCode } from '../error-codes.ts'
import { DocstoreError, errorCode, errorMessage } from '../errors.ts'
import { equalBytes } from '../model/bytes.ts'
import { cidOfBytes, DAG_CBOR, parseCid } from '../model/encoding/cid.ts'
import { timeFromMs } from '../model/clock.ts'
import { MAX_BATCH_BYTES, MAX_NAMESPACES } from '../replica/limits.ts'
import type { Refusal } from '../model/verdict.ts'
import type { Acceptance, NamespaceBytes, Replica } from '../replica/types.ts'
import { areNoParts, type Parts } from '../sets/parts.ts'
import { splitOfHead } from './split-of-head.ts'
import type { Intake } from './intake.ts'
import type { Ledger } from './ledger.ts'
import {
  ACT_UNITS,
  ACTS_BYTES,
  FOLLOW_WAIT_MS,
  LIST_PAGE,
  LOGS_PAGE,
  LOOKED_UNITS,
  MAX_ERROR_TEXT,
  MAX_PART_ERROR_TEXT,
  FOLLOWED_UNITS,
  OFFER_UNITS,
  REQUEST_UNITS,
  STATE_UNITS,
} from './limits.ts'
import {
  type BatchResult,
  CAN_HAS,
  CAN_HEAD,
  CAN_LOGS,
  CAN_PARTS,
  CAN_PUTS,
  decodeRequest,
  encodeResponse,
  type Request,
  type Response,
  type Role,
} from './messages.ts'
import type { NamespaceMoves } from './namespace-moves.ts'
import { NewsQueue } from './news-queue.ts'
import type { PeerClock } from './peer-clocks.ts'

/** What a responder needs. Time comes from outside, so that tests can bend it. */
export interface ResponderInit {
  readonly replica: Replica
  readonly role: Role
  readonly ledger: Ledger
  /** Of this replica, one for all streams. */
  readonly moves: NamespaceMoves
  /** Wall clock, Unix milliseconds. */
  readonly now: () => number
  /** What is known of the other side's clock, which it tells. */
  readonly clock?: PeerClock
  /** Resolves after so many milliseconds, or as soon as the signal aborts. */
  readonly delay: (ms: number, signal: AbortSignal) => Promise<void>
  /** Whether others may bring this namespace in, relays or peers, which is split so often where its head is known. Without it they may bring any. */
  readonly isWanted?: (id: string, from: Role, split?: number) => boolean
  /**
   * Gets a namespace here that a peer asks for, or those parts of it, if it can: where relays keep only a part each. Throws `busy` where something of it is
   * to be found at others and is not here now.
   */
  readonly bring?: (id: string, parts: Parts | undefined) => Promise<void>
  /** False at a relay that keeps nothing for others: it answers as one that has nothing. */
  readonly keeps?: boolean
  /** What may stand between the peer and the store. */
  readonly intake?: Intake
  /** Called with the id of every namespace that the other side works on. */
  readonly onNamespace?: (id: string) => void
  /** Called with what no honest peer sends. */
  readonly onViolation?: (violation: Violation) => void
}

/** A request that breaks the protocol, or records that an honest peer would have refused itself. */
export type Violation = 'malformed' | 'too-large' | 'no-hello' | 'wrong-network' | 'forged-records'

/** Bytes of an item in the reply to a question. */
const ITEM_BYTES = 40

/** Errors after which the stream is of no use: the other side does not speak this protocol, or not in this network. */
const VIOLATIONS = ['malformed', 'too-large', 'no-hello', 'wrong-network'] as const
const ENDING: ReadonlySet<string> = new Set([...VIOLATIONS, 'unknown-epoch'])

/** Refusals of records that every peer agrees on, whatever its clock, its version and the head that it knows. */
const FORGERIES: ReadonlySet<string> = new Set([
  'malformed',
  'not-canonical',
  'too-large',
  'wrong-network',
  'wrong-namespace',
  'bad-signature',
  'bad-key',
  'not-sealed',
  'bad-content',
] satisfies Refusal[])

/** Requests that bring something. */
const WRITES: ReadonlySet<string> = new Set(['offer', 'learn', 'put', 'puts'] satisfies Request['t'][])

/** What a relay says of any namespace that keeps none. */
const NOT_KEPT = { code: 'unknown-namespace', message: 'This relay keeps no documents' } as const

/** Units of work that a request cost: spent on nothing, or used. */
interface Cost {
  spent: number
  used: number
}

/** Answers the requests of one stream, one at a time. Holds whether the other side said hello, and what it follows. */
export class Responder {
  readonly #init: ResponderInit
  #news: NewsQueue | undefined
  #isGreeted = false
  #theirRole: Role = 'peer'

  constructor(init: ResponderInit) {
    this.#init = init
  }

  /**
   * The response frame for a request frame. Whatever arrives, it answers; after the last one the stream should end. The signal aborts when the stream
   * is over.
   */
  async respond(frame: Uint8Array, signal: AbortSignal): Promise<{ readonly frame: Uint8Array; readonly isLast: boolean }> {
    const request = decodeRequest(frame)
    let response: Response
    try {
      response = request.ok ? await this.#answer(request.value, signal) : { t: 'error', code: request.reason, message: 'The request cannot be read' }
    } catch (error) {
      response = { t: 'error', ...errorOf(error), ...retryOf(error) }
    }
    if (response.t === 'error') this.#report(response.code)
    return { frame: encodeResponse(response), isLast: response.t === 'error' && ENDING.has(response.code) }
  }

  async #answer(request: Request, signal: AbortSignal): Promise<Response> {
    const { replica, ledger, moves, now, delay, role, clock } = this.#init
    if (request.t !== 'hello' && !this.#isGreeted) throw new DocstoreError('no-hello', 'A stream begins with hello')
    switch (request.t) {
      case 'hello': {
        const { network, epoch } = await replica.info()
        if (request.net !== network.id) throw new DocstoreError('wrong-network', `This peer is in the network ${network.id}`)
        this.#isGreeted = true
        this.#theirRole = request.role
        ledger.meet(request.epoch)
        clock?.note({ clock: request.clock, sentAt: clock.elapsed() })
        return { t: 'hello', v: 1, net: network.id, role, clock: timeFromMs(now()), epoch, can: [CAN_PUTS, CAN_LOGS, CAN_HAS, CAN_HEAD, CAN_PARTS] }
      }
      case 'follow': {
        await this.#checkEpoch(request.epoch)
        if (this.#init.keeps === false) {
          await this.#account({ spent: REQUEST_UNITS, used: 0 }, signal)
          await delay(Math.min(request.wait, FOLLOW_WAIT_MS), signal)
          return { t: 'idle' }
        }
        this.#news ??= new NewsQueue({ replica, ledger, moves, delay, latest: () => clock?.latest() }, signal)
        this.#news.follow(request.wants)
        await this.#account({ spent: REQUEST_UNITS + request.wants.length * FOLLOWED_UNITS, used: 0 }, signal)
        return this.#news.next(Math.min(request.wait, FOLLOW_WAIT_MS), signal)
      }
      default:
        return ledger.request(() => this.#accountFor((cost) => this.#inTurn(request, cost, signal), signal))
    }
  }

  async #inTurn(request: Exclude<Request, { t: 'hello' | 'follow' }>, cost: Cost, signal: AbortSignal): Promise<Response> {
    const { intake } = this.#init
    const without = this.#withoutKeeping(request)
    if (without !== undefined) return without
    if (intake === undefined) return this.#work(request, cost, signal)
    return intake.during(WRITES.has(request.t) ? 'write' : 'read', signal, () => this.#work(request, cost, signal))
  }

  /** What a relay answers that keeps nothing; `undefined` at everybody else. It still notes who keeps what, for those who look for each other. */
  #withoutKeeping(request: Exclude<Request, { t: 'hello' | 'follow' }>): Response | undefined {
    if (this.#init.keeps !== false) return undefined
    switch (request.t) {
      case 'list':
        return { t: 'list', ids: [] }
      case 'open':
        if (parseCid(DAG_CBOR, request.ns) !== undefined) this.#init.onNamespace?.(request.ns)
        return { t: 'unknown' }
      case 'offer':
      case 'learn':
        throw new DocstoreError('not-wanted', 'This relay keeps no documents')
      case 'puts':
        return { t: 'all-results', results: request.puts.map(() => NOT_KEPT), clock: timeFromMs(this.#init.now()) }
      default:
        throw new DocstoreError(NOT_KEPT.code, NOT_KEPT.message)
    }
  }

  async #work(request: Exclude<Request, { t: 'hello' | 'follow' }>, cost: Cost, signal: AbortSignal): Promise<Response> {
    const { replica, ledger, now, onNamespace, clock } = this.#init
    switch (request.t) {
      case 'list': {
        const ids = (await replica.namespaceIds()).filter((id) => id > request.after)
        const page = ids.sort().slice(0, LIST_PAGE)
        cost.spent += page.length * REQUEST_UNITS
        return { t: 'list', ids: page }
      }
      case 'open': {
        const namespace = await this.#namespace(request)
        if (namespace === undefined) return { t: 'unknown' }
        onNamespace?.(request.ns)
        // Who asks for a head of which he knows nothing need not ask twice where it is whole.
        const isWhole = request.parts !== undefined && areNoParts(request.parts) && splitOfHead(namespace.head) === 0
        const { root, count, seq } = await replica.summary(request.ns, isWhole ? undefined : request.parts)
        const logs = await replica.logsDigest(request.ns)
        const isSame = request.head !== undefined && equalBytes(request.head, sha256(namespace.head))
        return { t: 'opened', ...(isSame ? {} : { namespace }), root, count, seq, ...(logs === undefined ? {} : { logs }) }
      }
      case 'logs':
        return { t: 'logs', logs: await replica.logTips(request.ns, request.after, LOGS_PAGE) }
      case 'acts': {
        const { logs, more, looked } = await replica.exportActs(request.ns, request.wants, ACTS_BYTES)
        cost.spent += looked * FOLLOWED_UNITS
        return { t: 'acts', logs, more }
      }
      case 'learn': {
        const isKnown = (await replica.namespace(request.ns)) !== undefined
        if (!isKnown && this.#init.isWanted?.(request.ns, this.#theirRole) === false)
          throw new DocstoreError('not-wanted', 'This peer does not keep the namespace')
        const { stored, refused, looked } = await learnOrQuota(replica, request)
        cost.spent += refused * ACT_UNITS + looked * STATE_UNITS
        cost.used += stored
        return { t: 'learnt', refused }
      }
      case 'offer': {
        cost.spent += OFFER_UNITS
        const id = cidOfBytes(DAG_CBOR, request.genesis).toString()
        const isKnown = (await replica.namespace(id)) !== undefined
        if (!isKnown && this.#init.isWanted?.(id, this.#theirRole, splitOfHead(request.head)) === false)
          throw new DocstoreError('not-wanted', 'This peer does not keep the namespace')
        if (!isKnown && (await replica.namespaceIds()).length >= MAX_NAMESPACES)
          throw new DocstoreError('full', `This peer keeps at most ${MAX_NAMESPACES} namespaces`)
        if (!isKnown) await this.#init.intake?.namespace(request.genesis)
        const imported = await importOrQuota(replica, request)
        if ('refused' in imported) throw refused('namespace', imported.refused)
        onNamespace?.(imported.id)
        return { t: 'ok' }
      }
      case 'ask': {
        const reply = await replica.answer(request.ns, request.question)
        if ('refused' in reply) throw refused('question', reply.refused)
        cost.spent += reply.length / ITEM_BYTES
        return { t: 'reply', reply }
      }
      case 'fetch': {
        const { batch, records, taken } = await replica.batchOf(request.ns, request.slots, { maxBytes: MAX_BATCH_BYTES, latest: clock?.latest() })
        cost.spent += taken - records
        cost.used += records
        return { t: 'batch', batch: batch ?? null, taken }
      }
      case 'put':
        return { t: 'results', results: await this.#take(request.ns, request.batch, cost, signal), clock: timeFromMs(now()) }
      case 'puts': {
        const results: BatchResult[] = []
        for (const { ns, batch } of request.puts) {
          if (results.length > 0) cost.spent += REQUEST_UNITS
          // One that is refused, or fails, must not keep the others from being stored.
          results.push(await this.#take(ns, batch, cost, signal).catch(partError))
        }
        return { t: 'all-results', results, clock: timeFromMs(now()) }
      }
      case 'pull': {
        await this.#checkEpoch(request.epoch)
        const {
          batch,
          records,
          looked = 0,
          seq,
          more,
        } = await ledger.batchSince(replica, request.ns, request.since, {
          latest: clock?.latest(),
          parts: request.parts,
        })
        if (ledger.pulled(request.ns, { ...request, seq })) cost.spent += Math.max(records, looked * LOOKED_UNITS)
        return { t: 'news', ns: request.ns, batch: batch ?? null, seq, more }
      }
    }
  }

  /** A namespace that is here, or comes when somebody asks for it who does not have it and is no relay, as do parts of it that are not here. */
  async #namespace({ ns: id, has, parts }: Extract<Request, { t: 'open' }>): Promise<NamespaceBytes | undefined> {
    const { replica, bring } = this.#init
    const here = await replica.exportNamespace(id)
    if (bring === undefined || this.#theirRole === 'relay' || parseCid(DAG_CBOR, id) === undefined) return here
    if (here === undefined && has === true) return undefined
    await bring(id, parts)
    return replica.exportNamespace(id)
  }

  /** Stores a batch; resolves with what became of each record. Throws where the whole batch is refused. */
  async #take(ns: string, batch: Uint8Array, cost: Cost, signal: AbortSignal): Promise<readonly Acceptance[]> {
    const { intake, ledger, replica } = this.#init
    const accepted = await ledger.accept(replica, ns, batch, await intake?.batch(ns, batch, signal))
    if ('refused' in accepted) {
      // As `fetch`, `ask` and `pull` say it: nothing is wrong with the batch.
      if (accepted.refused === 'wrong-namespace') throw new DocstoreError('unknown-namespace', 'The namespace is not here')
      throw refused('batch', accepted.refused)
    }
    if (accepted.results.some((result) => FORGERIES.has(result))) this.#init.onViolation?.('forged-records')
    intake?.stored(accepted.written)
    const stored = accepted.results.filter((result) => result === 'stored').length
    cost.spent += accepted.results.length - stored
    cost.used += stored
    return accepted.results
  }

  /** Works on a request, whether it comes to an answer or an error, and then waits where the peer wastes our time. */
  async #accountFor<T>(work: (cost: Cost) => Promise<T>, signal: AbortSignal): Promise<T> {
    const cost: Cost = { spent: REQUEST_UNITS, used: 0 }
    try {
      return await work(cost)
    } finally {
      await this.#account(cost, signal)
    }
  }

  async #account(cost: Cost, signal: AbortSignal): Promise<void> {
    const { ledger, now, delay, clock } = this.#init
    const wait = ledger.account({ ...cost, now: clock?.elapsed() ?? now() })
    if (wait > 0) await delay(wait, signal)
  }

  #report(code: string): void {
    const violation = VIOLATIONS.find((one) => one === code)
    if (violation !== undefined) this.#init.onViolation?.(violation)
  }

  async #checkEpoch(epoch: string): Promise<void> {
    if (epoch === (await this.#init.replica.info()).epoch) return
    throw new DocstoreError('unknown-epoch', 'The position belongs to another database. Compare first')
  }
}

/** Tells a peer whose disk is full from one that has a fault. */
async function importOrQuota(replica: Replica, { genesis, head, signature }: NamespaceBytes): ReturnType<Replica['importNamespace']> {
  try {
    return await replica.importNamespace(genesis, head, signature)
  } catch (error) {
    if (errorCode(error) !== 'disk-full') throw error
    throw new DocstoreError('quota', 'This peer has no room for another namespace', { cause: error })
  }
}

async function learnOrQuota(replica: Replica, { ns, logs, genesis }: Extract<Request, { t: 'learn' }>): ReturnType<Replica['importActs']> {
  try {
    return await replica.importActs(ns, logs, genesis ?? undefined)
  } catch (error) {
    if (errorCode(error) !== 'disk-full') throw error
    throw new DocstoreError('quota', 'This peer has no room for the acts of a log', { cause: error })
  }
}

/** Why one batch of several was not taken; throws on what ends the stream. */
function partError(error: unknown): { readonly code: string; readonly message: string } {
  const { code, message } = errorOf(error)
  if (ENDING.has(code)) throw error
  return { code, message: message.slice(0, MAX_PART_ERROR_TEXT) }
}

function refused(what: string, reason: Refusal): DocstoreError {
  return new DocstoreError(reason, `The ${what} was refused: ${reason}`)
}

/** When to try again, where that is known. */
function retryOf(error: unknown): { readonly retryMs?: number } {
  const retryMs = error instanceof DocstoreError ? error.details['retryMs'] : undefined
  return typeof retryMs === 'number' ? { retryMs } : {}
}

/** What the other side may know of a failure: errors of ours in full, of everything else only that there was one. */
function errorOf(error: unknown): { readonly code: string; readonly message: string } {
  return error instanceof DocstoreError
    ? { code: error.code, message: errorMessage(error).slice(0, MAX_ERROR_TEXT) }
    : { code: 'internal' satisfies ErrorCode, message: 'The request failed' }
}
