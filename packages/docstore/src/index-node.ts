export * from './exports.ts'
export { Arrivals } from './network/arrivals.ts'
export { withinDescriptors } from './network/descriptors-node.ts'
export { createDocstore, type DocstoreOptions } from './create-node.ts'
