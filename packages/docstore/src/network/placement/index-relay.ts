export { RelaySectors } from './relay-sectors.ts'
