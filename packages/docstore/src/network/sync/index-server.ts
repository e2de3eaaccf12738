export { type Asker, serveRequests } from './serve-requests.ts'
