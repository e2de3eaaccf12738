export { type OpenedStorage, type OpenStorage, storageContract } from './storage-contract.ts'
