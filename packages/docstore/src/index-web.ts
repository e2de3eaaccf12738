export * from './exports.ts'
export { createDocstore, type DocstoreOptions } from './create-web.ts'
