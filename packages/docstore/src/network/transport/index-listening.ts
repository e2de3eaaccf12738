// What programs that listen need of connections, without those.
export { Arrivals } from './arrivals.ts'
export { withinDescriptors } from './descriptors-node.ts'
export { parseAddress } from './parse-address.ts'
