export { DEFAULT_HOST, DEFAULT_PORT, type RelayOptions } from './config.ts'
export { type Relay, type RelayReady, startRelay } from './relay.ts'
