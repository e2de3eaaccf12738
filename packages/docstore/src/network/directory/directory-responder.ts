import { answer, decodeQuestion, errorCode, errorMessage } from '@p2p-docstore/core'
import type { Misdeed } from '../misconduct.ts'
import type { Answerer } from '../streams.ts'
import { type Directory, isKept } from './directory.ts'
import { addAll, entriesIn, run } from './exchanging.ts'
import { decodeDirectoryRequest, type DirectoryRequest, type DirectoryResponse, encodeMessage, type FindAnswer } from './messages.ts'

/** Errors after which the stream ends: the other side does not speak this protocol. */
const ENDING: ReadonlySet<string> = new Set(['malformed', 'too-large'])

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

function refusal(reason: string): DirectoryResponse {
  return { t: 'error', code: reason, message: 'The request cannot be read' }
}
