export { serveProfiles } from './profiles-responder.ts'
