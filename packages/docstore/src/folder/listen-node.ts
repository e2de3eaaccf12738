import { rmSync } from 'node:fs'
import { createServer } from 'node:net'
import type { Replica } from '@p2p-docstore/core'
import { TopicCounts } from '../network/topic-counts.ts'
import type { Network } from '../network/types.ts'
import { peerService } from '../rpc/remote.ts'
import { serve, type Service } from '../rpc/rpc.ts'
import { socketPort } from '../rpc/socket-port-node.ts'
import type { HandOverReason } from './opened.ts'

/** What the owner of a data folder lets other processes of the user do with it. */
export interface Offer {
  readonly replica: Replica
  readonly network: Network | undefined
  readonly onHandOver: (reason: HandOverReason) => boolean
}

/** Lets other processes use this data; returns the way to stop. */
export async function listenForOthers(path: string, { replica, network, onHandOver }: Offer): Promise<{ close(): void }> {
  // Whoever holds the database holds this name; what lies here was left by a process that was killed.
  if (process.platform !== 'win32') rmSync(path, { force: true })
  const ports = new Set<{ close(): void }>()
  const server = createServer((socket) => {
    const port = socketPort(socket)
    ports.add(port)
    port.onClose(() => ports.delete(port))
    const service = peerService(replica, () => network)
    // What a process subscribed to ends with it.
    const topics = new TopicCounts()
    port.onClose(() => topics.topics.forEach((topic) => void network?.unsubscribe(topic)))
    const call: Service['call'] = async (method, args) => {
      const [first] = args
      if (method === 'hand-over') return onHandOver(first === 'relay' ? 'relay' : 'network')
      if (method === 'network.subscribe' && !topics.add(String(first))) return undefined
      if (method === 'network.unsubscribe' && !topics.remove(String(first))) return undefined
      return service.call(method, args)
    }
    serve(port, { ...service, call })
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
  return {
    close: () => {
      server.close()
      for (const port of ports) port.close()
    },
  }
}
