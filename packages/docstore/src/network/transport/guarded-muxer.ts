import type { StreamMuxerFactory } from '@libp2p/interface'
import { yamux } from '@libp2p/yamux'

type Factory = ReturnType<ReturnType<typeof yamux>>
type Muxer = ReturnType<Factory['createStreamMuxer']>

/**
 * yamux whose streams fail by themselves. It says that a stream begins in a microtask of its own (8.0.3), after it has handed the stream out; what that throws where the
 * connection below is just closing reaches nobody, and would end the process. Here it ends the stream, and who opens one hears of that.
 */
export function guardedYamux(init: Parameters<typeof yamux>[0]): () => StreamMuxerFactory<Muxer> {
  return () => {
    const factory = yamux(init)()
    const create = factory.createStreamMuxer.bind(factory)
    factory.createStreamMuxer = (connection) => guarded(create(connection))
    return factory
  }
}

function guarded(muxer: Muxer): Muxer {
  const open = muxer.onCreateStream.bind(muxer)
  muxer.onCreateStream = () => {
    const stream = open()
    const update = stream.sendWindowUpdate.bind(stream)
    stream.sendWindowUpdate = () => {
      stream.sendWindowUpdate = update
      try {
        update()
      } catch (error) {
        stream.abort(error instanceof Error ? error : new Error(String(error)))
      }
    }
    return stream
  }
  return muxer
}
