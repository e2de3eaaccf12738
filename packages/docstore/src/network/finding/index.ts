export type { Kademlia } from './kademlia-protocol.ts'
export { Providers } from './providers.ts'
