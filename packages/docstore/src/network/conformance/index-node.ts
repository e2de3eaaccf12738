export type { Finding } from './clause.ts'
export { type ConformanceInit, examine } from './conformance.ts'
