import { multiaddr } from '@multiformats/multiaddr'
import { createDocstore } from 'p2p-docstore'

// A peer that connects to a relay over WebRTC-direct, and stays. Arguments: the join link, and that address of the relay. Says one line when
// it is connected.

const [, , join = '', address = ''] = process.argv
const store = await createDocstore({ data: 'memory', join, role: 'peer', listen: ['/ip4/127.0.0.1/udp/0/webrtc-direct'] })
await store.network?.connected({ timeoutMs: 30_000 })
const connection = await store.libp2p?.dial(multiaddr(address), { force: true })
console.log(connection?.remoteAddr.toString())
