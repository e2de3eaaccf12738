export { forgetRelays, knownRelays, type MetaReader, ownOrigin, rememberOwnOrigin, rememberRelays } from './known-relays.ts'
export type { RelayLinks } from './relay-links.ts'
export { isShutOut } from './shut-out.ts'
