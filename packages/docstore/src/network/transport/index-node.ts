export { Arrivals } from './arrivals.ts'
export { withinDescriptors } from './descriptors-node.ts'
export { startLibp2p } from './libp2p-node.ts'
