export * from './exports.ts'
export { Arrivals, parseAddress, withinDescriptors } from './network/transport/index-node.ts'
export { examine, type Finding } from './network/conformance/index-node.ts'
export { createDocstore, type DocstoreOptions } from './create-node.ts'
