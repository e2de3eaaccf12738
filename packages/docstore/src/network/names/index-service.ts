export { NameService } from './name-service.ts'
