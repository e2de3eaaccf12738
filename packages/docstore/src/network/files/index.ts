export { filesProtocol } from './protocol.ts'
