import { type Document, DocstoreError, namesAuthor, type Replica, type WritePolicy } from '@p2p-docstore/core'
import type { NewDocument } from '../collection.ts'
import type { Namespaces } from '../docstore.ts'
import type { Namespace } from '../namespace.ts'

/** Most steps from a namespace to the last one that takes its place: nobody moves more often, and each may have to be looked for. */
const MAX_SUCCESSORS = 16

/** The last of those that take each other's place. Throws `successor-loop`. */
export async function lastSuccessor(namespaces: Namespaces, first: string): Promise<Namespace> {
  const seen = new Set<string>()
  for (let id = first; ; ) {
    if (seen.has(id) || seen.size > MAX_SUCCESSORS) {
      const why = seen.has(id) ? 'lead in a circle' : `lead on for more than ${MAX_SUCCESSORS} steps`
      throw new DocstoreError('successor-loop', `The namespaces that take the place of ${first} ${why}`)
    }
    seen.add(id)
    const namespace = await namespaces.open(id)
    const next = (await namespace.info())?.next
    if (next === undefined) return namespace
    id = next
  }
}

/** How a namespace is replaced. */
export interface Succession {
  readonly id: string
  readonly name?: string
  readonly write?: WritePolicy
  readonly migrate: (document: Document, collection: string) => NewDocument | undefined
}

/** Makes a namespace in the place of another one. */
export async function succeedNamespace(namespaces: Namespaces, replica: Replica, { id, name, write, migrate }: Succession): Promise<Namespace> {
  const old = await namespaces.open(id)
  // Throws where it is not here, or not ours. From here on nothing changes while it is copied.
  const info = await old.end()
  if (info.next !== undefined) throw new DocstoreError('bad-option', `The namespace ${info.next} takes its place already`)
  const policy = write ?? info.write
  const successor = await namespaces.create({ name: name ?? info.name, write: policy })
  const own = `${info.owner.slice('did:key:'.length)}/`
  // An id of before it moved to this network leads to it too, but nothing lies there.
  for (const { collection } of await replica.collections(old.id)) {
    const documents = old.collection(collection).find()
    await successor.collection(collection).putMany(
      (async function* () {
        for await (const document of documents) {
          const migrated = migrate(document, collection)
          if (migrated === undefined) continue
          // Nobody but their authors can write these.
          const isOfAnother = policy === 'author' && typeof migrated._id === 'string' && namesAuthor(migrated._id) && !migrated._id.startsWith(own)
          if (!isOfAnother) yield migrated
        }
      })(),
    )
  }
  await old.set({ next: successor.id })
  return successor
}
