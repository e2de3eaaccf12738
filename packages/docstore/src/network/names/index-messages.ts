export { MAX_NAMES_STREAMS } from './limits.ts'
export { decodeNamesResponse, encodeNames, type NamesRequest, type NamesResponse } from './messages.ts'
export { namesProtocol } from './protocol.ts'
