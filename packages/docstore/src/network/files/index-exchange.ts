export { FileExchange } from './file-exchange.ts'
