import { answer, decodeQuestion, errorCode, errorMessage, type Ledger } from '@p2p-docstore/core'
import { delay } from '../timing/index.ts'
import type { Misdeed } from '../admission/index.ts'
import type { Answerer } from '../sync/index.ts'
import { type Directory, isKept } from './directory.ts'
import { addAll, entriesIn, run } from './exchanging.ts'
import { decodeDirectoryRequest, type DirectoryRequest, type DirectoryResponse, encodeMessage, type FindAnswer, type Listing } from './messages.ts'

/** Errors after which the stream ends: the other side does not speak this protocol. */
const ENDING: ReadonlySet<string> = new Set(['malformed', 'too-large'])

/** What requests cost, in the units of the ledger: any; a range or slot of one; an entry that was not needed; looking for a namespace. */
const REQUEST_UNITS = 1
const PART_UNITS = 1 / 16
const WASTED_ENTRY_UNITS = 2
const FIND_UNITS = 4
const LISTED_UNITS = 1 / 4
/** Bytes of a slot. */
const SLOT_BYTES = 16

/** What answering needs. */
export interface DirectoryResponderInit {
  readonly directory: Directory
  /** What is remembered of the peer: whoever wastes our time waits longer and longer. */
  readonly ledger: Ledger
  /** False at a relay that tells nobody who is in the network. */
  readonly tells?: boolean
  /** The peer that asks. */
  readonly peer: string
  /** Who keeps a namespace; a peer that knows of nobody leaves it out. */
  readonly onFind?: ((ns: string, asker: string, signal: AbortSignal) => Promise<FindAnswer>) | undefined
  /** Which namespaces may be named to everyone; who keeps none for others leaves it out. */
  readonly onList?: ((after: string) => Promise<Listing>) | undefined
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
    const { ledger, peer, onFind, tells } = this.#init
    if (request.t === 'find') {
      await this.#account(FIND_UNITS, signal)
      return { t: 'found', relays: [], peers: [], ...(await onFind?.(request.ns, peer, signal)) }
    }
    if (tells === false && request.t !== 'list') {
      await this.#account(REQUEST_UNITS, signal)
      return { t: 'error', code: 'not-offered', message: 'This relay does not tell who is in the network' }
    }
    const { response, spent } = await ledger.request(() => this.#work(request))
    await this.#account(REQUEST_UNITS + spent, signal)
    return response
  }

  async #work(request: Exclude<DirectoryRequest, { t: 'find' }>): Promise<{ readonly response: DirectoryResponse; readonly spent: number }> {
    const { directory, peer, onList } = this.#init
    switch (request.t) {
      case 'list': {
        const listing = (await onList?.(request.after)) ?? { namespaces: [], more: false }
        return { response: { t: 'listed', ...listing }, spent: listing.namespaces.length * LISTED_UNITS }
      }
      case 'ask': {
        const question = decodeQuestion(request.question)
        if (!question.ok) return { response: refusal(question.reason), spent: 0 }
        // A salt is for audits, which a directory does not need: it is signed piece by piece, and soon replaced.
        if (question.value.salt !== undefined) return { response: refusal('unsupported'), spent: 0 }
        const reply = run(answer(directory.tree, question.value, Math.random))
        return { response: { t: 'reply', reply }, spent: question.value.ranges.length * PART_UNITS }
      }
      case 'fetch':
        return { response: entriesIn(directory, request.slots), spent: (request.slots.length / SLOT_BYTES) * PART_UNITS }
      case 'put': {
        const added = await addAll(directory, request.entries, peer, this.#init.onMisdeed)
        if (added.includes('new')) this.#init.onNews?.()
        const wasted = added.filter((one) => one !== 'new' && one !== 'newer').length
        return { response: { t: 'ok', kept: added.filter(isKept).length }, spent: wasted * WASTED_ENTRY_UNITS }
      }
    }
  }

  async #account(spent: number, signal: AbortSignal): Promise<void> {
    const wait = this.#init.ledger.account({ spent, used: 0, now: performance.now() })
    if (wait > 0) await delay(wait, signal)
  }
}

function refusal(reason: string): DirectoryResponse {
  return { t: 'error', code: reason, message: 'The request cannot be read' }
}
