export type { DirectLinks } from './direct-links.ts'
export { Neighbours } from './neighbours.ts'
