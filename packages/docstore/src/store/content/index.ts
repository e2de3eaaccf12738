export type { ContentFile } from './content-file.ts'
export { type ContentDocument, type ContentOptions, readContent } from './read-content.ts'
export { type ContentWhereabouts, whereContent } from './where-content.ts'
