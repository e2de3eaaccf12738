export { knownRelays, type MetaReader, ownOrigin, RELAYS, rememberOwnOrigin, rememberRelays, WAYS } from './known-relays.ts'
export type { RelayLinks, RelayLinksInit } from './relay-links.ts'
export { isShutOut } from './shut-out.ts'
export { reachRelays } from './reach.ts'
