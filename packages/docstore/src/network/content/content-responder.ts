import { errorCode, errorMessage, type Ledger, type Replica } from '@p2p-docstore/core'
import type { Misconduct, Misdeed } from '../admission/index.ts'
import { type Answerer, answerStream, type Streams } from '../sync/index.ts'
import { delay } from '../timing/index.ts'
import { contentAt } from './content-at.ts'
import { MAX_CONTENT_REQUEST_BYTES, MAX_CONTENT_STREAMS, NONE_UNITS, PASSED_ON_UNITS } from './limits.ts'
import { type ContentRequest, type ContentResponse, decodeContentRequest, encodeContent } from './messages.ts'
import { contentProtocol } from './protocol.ts'

/** What answering takes. */
export interface ContentServerInit {
  readonly replica: Pick<Replica, 'content' | 'block'>
  readonly networkId: string
  readonly misconduct: Misconduct
  /** What is remembered of a peer: whoever asks for what there is not waits longer and longer. */
  readonly ledgerOf: (peer: string) => Ledger
  /** Asks other relays, and gives what was checked. Throws `busy`. */
  readonly passOn: (cid: string) => Promise<Uint8Array | undefined>
}

/** Gives everyone in the network content by its CID: what a relay that keeps documents does. */
export async function serveContent(libp2p: Streams, init: ContentServerInit): Promise<void> {
  await libp2p.handle(
    contentProtocol(init.networkId),
    (stream, connection) => {
      const peer = connection.remotePeer.toString()
      const onMisdeed = init.misconduct.note.bind(init.misconduct, peer)
      const responder = new ContentResponder(init, init.ledgerOf(peer), onMisdeed)
      return answerStream(stream, responder, onMisdeed, { maxFrameBytes: MAX_CONTENT_REQUEST_BYTES })
    },
    { maxInboundStreams: MAX_CONTENT_STREAMS },
  )
}

/** Answers the requests of one stream. A CID is no secret among those who are let in. */
class ContentResponder implements Answerer {
  readonly #init: ContentServerInit
  readonly #ledger: Ledger
  readonly #onMisdeed: (misdeed: Misdeed) => void

  constructor(init: ContentServerInit, ledger: Ledger, onMisdeed: (misdeed: Misdeed) => void) {
    this.#init = init
    this.#ledger = ledger
    this.#onMisdeed = onMisdeed
  }

  async respond(frame: Uint8Array, signal: AbortSignal): Promise<{ readonly frame: Uint8Array; readonly isLast: boolean }> {
    const request = decodeContentRequest(frame)
    if (!request.ok) {
      this.#onMisdeed('malformed')
      return { frame: encodeContent({ t: 'error', code: request.reason, message: 'The request cannot be read' }), isLast: true }
    }
    let response: ContentResponse
    try {
      response = await this.#answer(request.value, signal)
    } catch (error) {
      response = { t: 'error', code: errorCode(error).slice(0, 128), message: errorMessage(error).slice(0, 512) }
    }
    return { frame: encodeContent(response), isLast: false }
  }

  async #answer({ cid, passed }: ContentRequest, signal: AbortSignal): Promise<ContentResponse> {
    const here = await contentAt(this.#init.replica, cid)
    const bytes = here ?? (passed ? undefined : await this.#init.passOn(cid))
    const spent = here !== undefined ? 0 : passed ? NONE_UNITS : PASSED_ON_UNITS
    const wait = this.#ledger.account({ spent, used: here === undefined ? 0 : 1, now: performance.now() })
    if (wait > 0) await delay(wait, signal)
    return bytes === undefined ? { t: 'none' } : { t: 'content', bytes }
  }
}
