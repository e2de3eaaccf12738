export { gossip } from './gossip.ts'
