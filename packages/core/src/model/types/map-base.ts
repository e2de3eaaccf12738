import { canonicalJson } from '../content.ts'

/** Whether a put in a map says that there is such a document, and nothing else: it lies beneath the fields, at the lowest time, whoever makes it. */
export function isMapBase(content: string, id: string): boolean {
  // Hardly any is so short.
  return content.length < id.length * 6 + 16 && content === canonicalJson({ _id: id })
}
