export type { RelayPlaces } from './relay-places.ts'
export { Rendezvous, SIGNALING_PROTOCOL } from './rendezvous.ts'
export { Reservations, RESERVED_ADDRESSES } from './reservations.ts'
