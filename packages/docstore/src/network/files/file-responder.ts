import { errorCode, errorMessage, type Ledger, releaseBytes, type Replica } from '@p2p-docstore/core'
import type { Misdeed } from '../admission/index.ts'
import type { Answerer } from '../sync/index.ts'
import { delay } from '../timing/index.ts'
import type { Bell } from './bell.ts'
import type { GivenBlocks } from './given-blocks.ts'
import { MAX_WHOLE_WAIT_MS, NONE_UNITS } from './limits.ts'
import { decodeFileRequest, encodeFileMessage, type FileRequest, type FileResponse } from './messages.ts'

/** Errors after which the stream ends: the other side does not speak this protocol. */
const ENDING: ReadonlySet<string> = new Set(['malformed', 'too-large'])

/** What answering needs. */
export interface FileResponderInit {
  readonly replica: Replica
  /** Rings when a file here may have become whole, or is named for the first time. */
  readonly changed: Bell
  readonly given: GivenBlocks
  /** What is remembered of the peer: whoever wastes our time waits longer and longer. */
  readonly ledger: Ledger
  /** The peer that asks. */
  readonly peer: string
  /** Called when the peer said that it has a file, which a document here names. */
  readonly onHolder: (ns: string, cid: string) => void
  /** Called with what no honest peer sends. */
  readonly onMisdeed: (misdeed: Misdeed) => void
}

/** Answers the requests of one stream. Blocks of any file that a document here names are given: a CID is no secret among those who are let in. */
export class FileResponder implements Answerer {
  readonly #init: FileResponderInit

  constructor(init: FileResponderInit) {
    this.#init = init
  }

  async respond(frame: Uint8Array, signal: AbortSignal): Promise<{ readonly frame: Uint8Array; readonly isLast: boolean }> {
    const request = decodeFileRequest(frame)
    let response: FileResponse
    try {
      response = request.ok ? await this.#answer(request.value, signal) : { t: 'error', code: request.reason, message: 'The request cannot be read' }
    } catch (error) {
      response = { t: 'error', code: errorCode(error).slice(0, 128), message: errorMessage(error).slice(0, 512) }
    }
    const isLast = response.t === 'error' && ENDING.has(response.code)
    if (isLast) this.#init.onMisdeed('malformed')
    const encoded = encodeFileMessage(response)
    if (response.t === 'block') releaseBytes(response.bytes)
    return { frame: encoded, isLast }
  }

  async #answer(request: FileRequest, signal: AbortSignal): Promise<FileResponse> {
    if (request.t === 'whole') return { t: 'whole', whole: await this.#whenWhole(request, signal) }
    const { replica, given, peer } = this.#init
    const bytes = await replica.block(request.cid)
    await this.#account(bytes === undefined ? { spent: NONE_UNITS, used: 0 } : { spent: 0, used: 1 }, signal)
    if (bytes === undefined) return { t: 'none' }
    given.add(peer)
    return { t: 'block', bytes }
  }

  /** Whether all of a file is here, at the latest when the asking side has waited long enough. The document that names it may come later than the request. */
  async #whenWhole({ ns, cid, size, wait }: Extract<FileRequest, { t: 'whole' }>, signal: AbortSignal): Promise<boolean> {
    const { replica, changed, onHolder } = this.#init
    await this.#account({ spent: NONE_UNITS, used: 0 }, signal)
    const late = AbortSignal.any([signal, AbortSignal.timeout(Math.min(wait, MAX_WHOLE_WAIT_MS))])
    for (let isNoted = false; ; ) {
      const next = changed.next(late)
      const file = await replica.file(ns, cid)
      const state = file?.size === size ? file.state : undefined
      if (state === 'whole' || state === 'bad' || late.aborted) return state === 'whole'
      if (state === 'partial' && !isNoted) {
        isNoted = true
        onHolder(ns, cid)
      }
      await next
    }
  }

  async #account(cost: { readonly spent: number; readonly used: number }, signal: AbortSignal): Promise<void> {
    const wait = this.#init.ledger.account({ ...cost, now: performance.now() })
    if (wait > 0) await delay(wait, signal)
  }
}
