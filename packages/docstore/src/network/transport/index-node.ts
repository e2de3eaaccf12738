export { Arrivals, hostOf } from './arrivals.ts'
export { withinDescriptors } from './descriptors-node.ts'
export { parseAddress, startLibp2p } from './libp2p-node.ts'
export { gossipId } from './gossip-id.ts'
