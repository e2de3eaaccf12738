export { servePeople } from './people-responder.ts'
