export { claimedByPrefix } from './name-keys.ts'
