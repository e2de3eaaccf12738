export { decodeFileResponse, encodeFileMessage, type FileRequest, type FileResponse } from './messages.ts'
