import { type RelayOptions, type RelayReady, startRelay } from '@p2p-docstore/relay'

// A relay as a process of its own, so that a test can kill it. Argument: its options. Says one line when it is ready, and tells which relays its directory lists when it is asked to.

const { ready, store }: { readonly ready: RelayReady; readonly store: Awaited<ReturnType<typeof startRelay>>['store'] } = await startRelay({
  networkName: 'end to end',
  ...(JSON.parse(process.argv[2] ?? '') as RelayOptions),
})
process.on('message', () => {
  void store.directory().then((peers) => {
    const listed = peers.filter(({ role }) => role === 'relay').map(({ peer }) => peer)
    process.send?.(listed)
  })
})
console.log(JSON.stringify(ready))
