import { DocstoreError, errorCode, errorMessage } from '../errors.ts'
import { timeFromMs } from '../model/clock.ts'
import { MAX_BATCH_BYTES } from '../replica/limits.ts'
import type { Replica } from '../replica/types.ts'
import type { Ledger } from './ledger.ts'
import { FOLLOW_WAIT_MS, LIST_PAGE } from './limits.ts'
import { decodeRequest, encodeResponse, type Followed, type Request, type Response, type Role } from './messages.ts'

/** What a responder needs. Time comes from outside, so that tests can bend it. */
export interface ResponderInit {
  readonly replica: Replica
  readonly role: Role
  readonly ledger: Ledger
  /** Wall clock, Unix milliseconds. */
  readonly now: () => number
  /** Resolves after so many milliseconds, or as soon as the signal aborts. */
  readonly delay: (ms: number, signal: AbortSignal) => Promise<void>
  /** Called with the id of every namespace that the other side works on. */
  readonly onNamespace?: (id: string) => void
}

/** Errors after which the stream is of no use: the other side does not speak this protocol, or not in this network. */
const ENDING: ReadonlySet<string> = new Set(['malformed', 'no-hello', 'wrong-network', 'unknown-epoch'])

/** Answers the requests of one stream, one at a time. Holds nothing but whether the other side said hello. */
export class Responder {
  readonly #init: ResponderInit
  #isGreeted = false

  constructor(init: ResponderInit) {
    this.#init = init
  }

  /** The response frame for a request frame. Whatever arrives, it answers; after the last one the stream should end. */
  async respond(frame: Uint8Array, signal: AbortSignal): Promise<{ readonly frame: Uint8Array; readonly isLast: boolean }> {
    const request = decodeRequest(frame)
    let response: Response
    try {
      response = request.ok ? await this.#answer(request.value, signal) : { t: 'error', code: 'malformed', message: 'The request cannot be read' }
    } catch (error) {
      response = { t: 'error', code: errorCode(error), message: errorMessage(error).slice(0, 500) }
    }
    return { frame: encodeResponse(response), isLast: response.t === 'error' && ENDING.has(response.code) }
  }

  async #answer(request: Request, signal: AbortSignal): Promise<Response> {
    const { replica, now } = this.#init
    if (request.t !== 'hello' && !this.#isGreeted) throw new DocstoreError('no-hello', 'A stream begins with hello')
    switch (request.t) {
      case 'hello': {
        const { network, epoch } = await replica.info()
        if (request.net !== network.id) throw new DocstoreError('wrong-network', `This peer is in the network ${network.id}`)
        this.#isGreeted = true
        return { t: 'hello', v: 1, net: network.id, role: this.#init.role, clock: timeFromMs(now()), epoch }
      }
      case 'list': {
        const ids = (await replica.namespaces()).map(({ id }) => id).sort()
        return { t: 'list', ids: ids.filter((id) => id > request.after).slice(0, LIST_PAGE) }
      }
      case 'open': {
        const namespace = await replica.exportNamespace(request.ns)
        if (namespace === undefined) return { t: 'unknown' }
        this.#init.onNamespace?.(request.ns)
        return { t: 'opened', ...namespace, ...(await replica.summary(request.ns)) }
      }
      case 'offer': {
        const imported = await replica.importNamespace(request.genesis, request.head, request.signature)
        if ('refused' in imported) throw new DocstoreError(imported.refused, `The namespace was refused: ${imported.refused}`)
        this.#init.onNamespace?.(imported.id)
        return { t: 'ok' }
      }
      case 'ask': {
        const reply = await replica.answer(request.ns, request.question)
        if ('refused' in reply) throw new DocstoreError(reply.refused, 'The question cannot be read')
        return { t: 'reply', reply }
      }
      case 'fetch': {
        const { batch, taken } = await replica.batchOf(request.ns, request.slots, { maxBytes: MAX_BATCH_BYTES })
        return { t: 'batch', batch: batch ?? null, taken }
      }
      case 'put': {
        const accepted = await replica.accept(request.ns, request.batch)
        if ('refused' in accepted) throw new DocstoreError(accepted.refused, `The batch was refused: ${accepted.refused}`)
        this.#init.ledger.add(request.ns, accepted.from, accepted.to)
        return { t: 'results', results: accepted.results, clock: timeFromMs(now()) }
      }
      case 'follow':
        return this.#follow(request.epoch, request.wants, Math.min(request.wait, FOLLOW_WAIT_MS), signal)
    }
  }

  async #follow(epoch: string, wants: readonly Followed[], wait: number, signal: AbortSignal): Promise<Response> {
    const { replica, delay } = this.#init
    if (epoch !== (await replica.info()).epoch) throw new DocstoreError('unknown-epoch', 'The cursor belongs to another database. Reconcile first')
    const ended = new AbortController()
    const stop = (): void => ended.abort()
    signal.addEventListener('abort', stop, { once: true })
    const wanted = new Set(wants.map(({ ns }) => ns))
    // Listens before it looks, so that nothing falls between.
    const unlisten = replica.onCommit(({ namespace }) => wanted.has(namespace) && stop())
    try {
      const news = (await this.#news(wants)) ?? undefined
      if (news !== undefined || wait === 0) return news ?? { t: 'idle' }
      if (!ended.signal.aborted) await delay(wait, ended.signal)
      return (signal.aborted ? undefined : await this.#news(wants)) ?? { t: 'idle' }
    } finally {
      unlisten()
      signal.removeEventListener('abort', stop)
    }
  }

  async #news(wants: readonly Followed[]): Promise<Response | undefined> {
    const { replica, ledger } = this.#init
    for (const { ns, since } of wants) {
      if ((await replica.lastSeq(ns)) <= since) continue
      const { batch, seq, more } = await replica.batchSince(ns, since, { maxBytes: MAX_BATCH_BYTES, skip: ledger.after(ns, since) })
      return { t: 'news', ns, batch: batch ?? null, seq, more }
    }
    return undefined
  }
}
