export * from './exports.ts'
export { Arrivals, hostOf, withinDescriptors } from './network/transport/index-node.ts'
export { restoreFolder, type RestoredFolder } from './sharing/restore-folder-node.ts'
export { createDocstore, type DocstoreOptions } from './create-node.ts'
