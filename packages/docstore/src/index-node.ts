export { webSocketAddress } from './network/transport/index.ts'
export * from './exports.ts'
export { Arrivals, withinDescriptors } from './network/transport/index-node.ts'
export { createDocstore, type DocstoreOptions } from './create-node.ts'
