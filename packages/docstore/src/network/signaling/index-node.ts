export { RelayPlaces } from './relay-places.ts'
