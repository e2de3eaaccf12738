export { Delivery } from './delivery.ts'
export { RelayLinks } from './relay-links.ts'
