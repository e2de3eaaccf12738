export { serveContent } from './content-responder.ts'
