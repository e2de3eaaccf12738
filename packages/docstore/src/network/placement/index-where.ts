export { whereIs } from './where.ts'
