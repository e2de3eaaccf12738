import { subscribe } from 'node:diagnostics_channel'
import type { Socket } from 'node:net'
import { partsOfRange } from '@p2p-docstore/core/placement'
import { type RelayOptions, type RelayReady, startRelay } from '@p2p-docstore/relay'

// A relay as a process of its own, so that a test can kill it. Argument: its options. Says one line when it is ready, and answers what it is asked.

/** Sockets that are open, and bytes that came over those that are not any more: all that this process got, whatever it was. */
const sockets = new Set<Socket>()
let received = 0
for (const name of ['net.client.socket', 'net.server.socket'])
  subscribe(name, (message) => {
    const { socket } = message as { readonly socket: Socket }
    sockets.add(socket)
    socket.once('close', () => {
      sockets.delete(socket)
      received += socket.bytesRead
    })
  })

const { ready, store }: { readonly ready: RelayReady; readonly store: Awaited<ReturnType<typeof startRelay>>['store'] } = await startRelay({
  networkName: 'end to end',
  ...(JSON.parse(process.argv[2] ?? '') as RelayOptions),
})

async function answer(question: unknown): Promise<unknown> {
  switch (question) {
    case 'sectors':
      return {
        report: await store.network?.placement(),
        namespaces: await store.replica.namespaceIds(),
        records: await recordCounts(),
        quarters: await quarterCounts(),
        received: [...sockets].reduce((sum, { bytesRead }) => sum + bytesRead, received),
      }
    case 'drain':
      await store.network?.drain(true)
      return true
    default:
      return (await store.directory()).filter(({ role }) => role === 'relay').map(({ peer }) => peer)
  }
}

async function recordCounts(): Promise<Readonly<Record<string, number>>> {
  const counts: Record<string, number> = {}
  for (const id of await store.replica.namespaceIds()) {
    // One can be given up meanwhile.
    const summary = await store.replica.summary(id).catch(() => undefined)
    if (summary !== undefined) counts[id] = summary.count
  }
  return counts
}

/** Of namespaces that are split. */
async function quarterCounts(): Promise<Readonly<Record<string, readonly number[]>>> {
  const counts: Record<string, readonly number[]> = {}
  for (const { id, split } of await store.replica.namespaces()) {
    if (split === undefined) continue
    const quarters = [0, 1, 2, 3].map(async (index) => (await store.replica.summary(id, partsOfRange(2, index)).catch(() => undefined))?.count ?? 0)
    counts[id] = await Promise.all(quarters)
  }
  return counts
}

process.on('message', (question) => {
  void answer(question).then((told) => process.send?.(told))
})
console.log(JSON.stringify(ready))
// Where the test was ended, nobody else ends it.
process.on('disconnect', () => process.exit(0))
