export * from './exports.ts'
export { Arrivals } from './network/transport/arrivals.ts'
export { withinDescriptors } from './network/transport/descriptors-node.ts'
export { createDocstore, type DocstoreOptions } from './create-node.ts'
