export type { Finding } from './clause.ts'
export { examine } from './conformance.ts'
