export { decodeFindResponse, encodeFind, findHash, type FindResponse } from './messages.ts'
export { peopleProtocol } from './protocol.ts'
