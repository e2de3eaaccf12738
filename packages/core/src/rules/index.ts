export { type CollectionRules, type JudgedDocument } from './collection-rules.ts'
export { faultText } from './fault-text.ts'
export { type BadSchema, type HeadRules, pointerTo, readRules } from './read-rules.ts'
export type { Fault } from './run.ts'
