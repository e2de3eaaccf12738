import type { Connection, Stream } from '@libp2p/interface'

/** What is sent and comes back, bytes: that many in libp2p's protocol. */
const PING_BYTES = 32

/** Name of the ping protocol in a network. */
function pingProtocol(networkId: string): string {
  return `/docstore/${networkId}/ping/1.0.0`
}

/** Resolves when the other end of this very connection has answered. libp2p's own ping takes any connection to the peer. */
export async function pingConnection(connection: Connection, networkId: string, signal: AbortSignal): Promise<void> {
  let stream: Stream | undefined
  try {
    stream = await connection.newStream(pingProtocol(networkId), { signal, runOnLimitedConnection: true })
    await answerTo(crypto.getRandomValues(new Uint8Array(PING_BYTES)), stream, signal)
    await stream.close({ signal })
  } catch (error) {
    stream?.abort(error instanceof Error ? error : new Error('failed'))
    throw error
  }
}

/** Resolves with the first answer to a question; rejects where it cannot be sent, or none comes. */
function answerTo(question: Uint8Array, stream: Stream, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const fail = (): void => reject(new Error('There was no answer'))
    stream.addEventListener('message', () => resolve(), { once: true })
    stream.addEventListener('close', fail, { once: true })
    // Who ends its side without an answer has none.
    stream.addEventListener('remoteCloseWrite', fail, { once: true })
    signal.addEventListener('abort', fail, { once: true })
    // Inside: what it throws rejects the one promise that there is.
    stream.send(question)
  })
}
