export { FileExchange } from './file-exchange.ts'
export { FileSource } from './file-source.ts'
