import type { Connection } from '@libp2p/interface'
import { CHUNK_BYTES, DAG_JSON, DAG_PB, DocstoreError, equalBytes, errorCode, MAX_CONTENT_BYTES, parseCid, RAW, sha256 } from '@p2p-docstore/core'
import type { Misdeed } from '../admission/index.ts'
import { openExchange } from '../sync/index.ts'
import { MAX_CONTENT_FRAME_BYTES } from './limits.ts'
import { type ContentRequest, decodeContentResponse, encodeContent } from './messages.ts'
import { contentProtocol } from './protocol.ts'

/** What asking a relay takes. */
export interface AskInit {
  readonly networkId: string
  /** Called with what no honest peer sends. */
  readonly onMisdeed: (peer: string, misdeed: Misdeed) => void
}

/** The content that one relay has of a CID, checked by its hash; `undefined` where it says that it has none. Throws where it does not answer as relays do. */
export async function askRelay(
  relay: Connection,
  { networkId, onMisdeed }: AskInit,
  request: Omit<ContentRequest, 't'>,
  signal: AbortSignal,
): Promise<Uint8Array | undefined> {
  const { exchange, close } = await openExchange(relay, contentProtocol(networkId), signal, { maxFrameBytes: MAX_CONTENT_FRAME_BYTES })
  signal.addEventListener('abort', close, { once: true })
  const peer = relay.remotePeer.toString()
  try {
    signal.throwIfAborted()
    const response = decodeContentResponse(await exchange(encodeContent({ t: 'content', ...request })))
    if (!response.ok) throw new DocstoreError('protocol', `The relay sent an answer that cannot be read (${response.reason})`)
    if (response.value.t === 'error') throw DocstoreError.passedOn(response.value.code, `The relay refused: ${response.value.message}`)
    if (response.value.t === 'none') return undefined
    const { bytes } = response.value
    if (isContentOf(request.cid, bytes)) return bytes
    onMisdeed(peer, 'forged-block')
    throw new DocstoreError('bad-response', 'The relay sent other content than it was asked for')
  } catch (error) {
    if (errorCode(error) === 'protocol') onMisdeed(peer, 'malformed')
    throw error
  } finally {
    signal.removeEventListener('abort', close)
    close()
  }
}

/** Whether bytes are the content that a CID names, and no more than there can be. */
function isContentOf(cid: string, bytes: Uint8Array): boolean {
  const document = parseCid(DAG_JSON, cid)
  const named = document ?? parseCid(RAW, cid) ?? parseCid(DAG_PB, cid)
  return (
    named !== undefined &&
    bytes.length <= (document === undefined ? CHUNK_BYTES : MAX_CONTENT_BYTES) &&
    equalBytes(sha256(bytes), named.multihash.digest)
  )
}
