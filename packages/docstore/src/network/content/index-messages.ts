export { type ContentResponse, decodeContentResponse, encodeContent } from './messages.ts'
export { contentProtocol } from './protocol.ts'
