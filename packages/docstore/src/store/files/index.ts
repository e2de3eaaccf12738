export type { FileSource } from './file-source.ts'
export { deleteFile, type FileEntry, getFile, type GetFileInit, type GetFileOptions, listFiles } from './get-file.ts'
export { type FileProgress, putFile, type PutFileOptions, type PutFileResult } from './put-file.ts'
export { StoredFile } from './stored-file.ts'
