export { type Kademlia, kademliaProtocol } from './kademlia-protocol.ts'
export { Providers } from './providers.ts'
