export { DirectLinks } from './direct-links.ts'
