export * from './exports.ts'
export { Arrivals, withinDescriptors } from './network/transport/index-node.ts'
export { createDocstore } from './create-node.ts'
export type { DocstoreOptions } from './docstore-options-node.ts'
