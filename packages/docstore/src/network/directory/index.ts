export type { FindAnswer } from './messages.ts'
export { NetworkDirectory } from './network-directory.ts'
export { shareRevocations } from './shared-revocations.ts'
