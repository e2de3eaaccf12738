export { startLibp2p } from './libp2p-node.ts'
export { gossipId } from './gossip-id.ts'
