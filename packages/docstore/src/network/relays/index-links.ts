export { RelayLinks } from './relay-links.ts'
