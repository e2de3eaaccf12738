import { MAX_CRDT_PARTS } from '../limits.ts'
import { AUTHOR_NAME, authorName } from '../people/author.ts'

/** Where a part of a shared document belongs. */
export interface CrdtPart {
  /** Id of the document. */
  readonly document: string
  /** Name of its author. */
  readonly author: string
  /** Which data of that author: two of them never write one part. */
  readonly writer: string
  readonly number: number
}

const PART_ID = new RegExp(`^(.+)/(${AUTHOR_NAME})/([0-9a-z]{16})-(0|[1-9]\\d?)$`, 's')

/** Id of a part of a shared document. */
export function crdtPartId({ document, author, writer, number }: CrdtPart): string {
  return `${document}/${author}/${writer}-${number}`
}

/** The part that an id names, `undefined` where it names none. */
export function readCrdtPartId(id: string): CrdtPart | undefined {
  const [, document, author, writer, number] = PART_ID.exec(id) ?? []
  if (document === undefined || author === undefined || writer === undefined || Number(number) >= MAX_CRDT_PARTS) return undefined
  return { document, author, writer, number: Number(number) }
}

/** Whether an id is that of a part which this author writes. */
export function isCrdtPartIdOf(id: string, by: Uint8Array): boolean {
  return readCrdtPartId(id)?.author === authorName(by)
}
