export { startLibp2p } from './libp2p-web.ts'
