import type { Connection, Stream, StreamMiddleware } from '@libp2p/interface'
import { DocstoreError } from '@p2p-docstore/core'

/** Streams that the other side may open before it is let in, per connection; what waits is what peers open at once. */
const MAX_WAITING = 4
/** What such a stream may hold, bytes. */
const MAX_WAITING_BYTES: number = 64 * 1024

/** What the gate uses of libp2p's registrar. */
export interface GatedRegistrar {
  getMiddleware(protocol: string): StreamMiddleware[]
}

/** Who decides about a connection. */
export interface Admitting {
  isAdmitted(connection: Connection): boolean
  /** Resolves when the connection is let in, rejects when it is not; one of both happens soon. */
  admitted(connection: Connection): Promise<unknown>
}

/**
 * Holds every stream of every protocol but one, in both directions, until its connection is let in. In one place for all: libp2p adds the
 * handler of each stream to the very list that it gets for its protocol, so each gets a list of its own.
 */
export function installGate(registrar: GatedRegistrar, open: string, admitting: Admitting): void {
  const original = registrar.getMiddleware.bind(registrar)
  const waiting = new WeakMap<Connection, number>()
  const gate: StreamMiddleware = async (stream, connection, next) => {
    if (!admitting.isAdmitted(connection)) {
      if (stream.direction === 'inbound') await waitInbound(stream, connection)
      else await admitting.admitted(connection)
      // Over WebRTC a stream that the other side has answered and closed is closed here too; the answer lies in its buffer all the same.
      const isAnswered = stream.direction === 'outbound' && stream.readBufferLength > 0
      if (stream.status !== 'open' && !isAnswered) throw new DocstoreError('connection-lost', 'The stream ended before its connection was let in')
    }
    next(stream, connection)
  }
  const waitInbound = async (stream: Stream, connection: Connection): Promise<void> => {
    const before = waiting.get(connection) ?? 0
    if (before >= MAX_WAITING) throw new DocstoreError('too-many-streams', `A connection opens at most ${MAX_WAITING} streams before it is let in`)
    const { maxReadBufferLength } = stream
    stream.maxReadBufferLength = MAX_WAITING_BYTES
    waiting.set(connection, before + 1)
    try {
      await admitting.admitted(connection)
    } finally {
      waiting.set(connection, (waiting.get(connection) ?? 1) - 1)
      stream.maxReadBufferLength = maxReadBufferLength
    }
  }
  registrar.getMiddleware = (protocol) => [...(protocol === open ? [] : [gate]), ...original(protocol)]
}
