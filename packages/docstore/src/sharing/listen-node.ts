import { rmSync } from 'node:fs'
import { createServer } from 'node:net'
import type { Port } from '../rpc/rpc.ts'
import { socketPort } from '../rpc/socket-port-node.ts'

/** Lets other processes of this user in through a local socket; returns the way to stop. `onClosed` is called when the path is used no more. */
export async function listenOn(path: string, serve: (port: Port) => void, onClosed: () => void = () => undefined): Promise<() => void> {
  // Whoever holds the database holds this name; what lies here was left by a process that was killed.
  if (process.platform !== 'win32') rmSync(path, { force: true })
  const ports = new Set<Port>()
  const server = createServer((socket) => {
    const port = socketPort(socket)
    ports.add(port)
    port.onClose(() => ports.delete(port))
    serve(port)
  })
  const oldMask = process.umask(0o077)
  try {
    await new Promise<void>((done, fail) => {
      server.once('error', fail)
      server.listen(path, done)
    })
  } finally {
    process.umask(oldMask)
  }
  server.unref()
  return () => {
    // The path is needed until here, to remove the socket.
    server.close()
    onClosed()
    for (const port of ports) port.close()
  }
}
