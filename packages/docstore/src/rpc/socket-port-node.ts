import type { Socket } from 'node:net'
import { deserialize, serialize } from 'node:v8'
import type { Port } from './rpc.ts'

/** Largest message between two processes of one user, bytes. A bulk write of 4,096 documents of 120 KiB would be cut by its sender. */
const MAX_MESSAGE_BYTES: number = 512 * 1024 * 1024

/** A port on a local socket: structured clones behind a 4-byte length. Only for processes of the same user on the same machine. */
export function socketPort(socket: Socket): Port {
  const chunks: Buffer[] = []
  let buffered = 0
  const messageListeners: ((message: unknown) => void)[] = []

  function take(length: number): Buffer {
    const all = chunks.length === 1 && chunks[0] !== undefined ? chunks[0] : Buffer.concat(chunks)
    chunks.length = 0
    if (all.length > length) chunks.push(all.subarray(length))
    buffered = all.length - length
    return all.subarray(0, length)
  }

  let expected: number | undefined
  socket.on('data', (chunk: Buffer) => {
    chunks.push(chunk)
    buffered += chunk.length
    for (;;) {
      if (expected === undefined) {
        if (buffered < 4) return
        expected = take(4).readUInt32BE()
        if (expected > MAX_MESSAGE_BYTES) {
          socket.destroy()
          return
        }
      }
      if (buffered < expected) return
      const message: unknown = deserialize(take(expected))
      expected = undefined
      for (const listener of messageListeners) listener(message)
    }
  })
  // The close that follows an error tells the owner.
  socket.on('error', () => undefined)

  return {
    post: (message) => {
      if (socket.destroyed || socket.writableEnded) return
      const body = serialize(message)
      const length = Buffer.alloc(4)
      length.writeUInt32BE(body.length)
      socket.cork()
      socket.write(length)
      socket.write(body)
      socket.uncork()
    },
    onMessage: (listener) => void messageListeners.push(listener),
    onClose: (listener) => void socket.once('close', listener),
    close: () => socket.end(),
  }
}
