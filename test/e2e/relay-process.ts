import { type RelayOptions, type RelayReady, startRelay } from '@p2p-docstore/relay'

// A relay as a process of its own, so that a test can kill it. Argument: its options. Says one line when it is ready, and answers what it is asked.

const { ready, store }: { readonly ready: RelayReady; readonly store: Awaited<ReturnType<typeof startRelay>>['store'] } = await startRelay({
  networkName: 'end to end',
  ...(JSON.parse(process.argv[2] ?? '') as RelayOptions),
})

async function answer(question: unknown): Promise<unknown> {
  switch (question) {
    case 'sectors':
      return { report: await store.network?.placement(), namespaces: await store.replica.namespaceIds(), records: await recordCounts() }
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

process.on('message', (question) => {
  void answer(question).then((told) => process.send?.(told))
})
console.log(JSON.stringify(ready))
