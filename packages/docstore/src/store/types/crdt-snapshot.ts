import type { Document } from '@p2p-docstore/core'
import type * as Yjs from 'yjs'

/** What the shared types of a document say, as a document of its id. */
export function snapshotOf(yjs: typeof Yjs, doc: Yjs.Doc, id: string): Document {
  const fields: Record<string, unknown> = {}
  for (const name of doc.share.keys()) if (name !== '_id' && name !== '__proto__') fields[name] = valueOf(yjs, doc, name)
  return JSON.parse(JSON.stringify({ ...fields, _id: id })) as Document
}

/** The updates do not say of which kind a type is that lies in the document itself: that shows in what is in it. */
function valueOf(yjs: typeof Yjs, doc: Yjs.Doc, name: string): unknown {
  const type = doc.share.get(name)
  if (type === undefined) return undefined
  if (Object.getPrototypeOf(type) !== yjs.AbstractType.prototype) return type.toJSON() as unknown
  if (type._map.size > 0) return doc.getMap(name).toJSON()
  let item = type._start
  while (item?.deleted === true) item = item.right
  const content = item?.content
  if (content === undefined || content instanceof yjs.ContentString || content instanceof yjs.ContentFormat) return doc.getText(name).toJSON()
  if (content instanceof yjs.ContentType && (content.type instanceof yjs.XmlElement || content.type instanceof yjs.XmlText))
    return doc.getXmlFragment(name).toJSON()
  return doc.getArray(name).toJSON()
}
