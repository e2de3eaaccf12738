import { type RelayReady, startRelay } from '@p2p-docstore/relay'

// A relay as a process of its own, so that a test can kill it. Arguments: data folder, port. Says one line when it is ready.
const [data = '', port = '0'] = process.argv.slice(2)
const { ready }: { ready: RelayReady } = await startRelay({ data, port: Number(port), networkName: 'end to end' })
console.log(JSON.stringify(ready))
