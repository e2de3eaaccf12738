import { type Document, DocstoreError, fromUtf8, namesAuthor, type Replica, SUCCEEDING, toHex, utf8, type WritePolicy } from '@p2p-docstore/core'
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

/** A succession that is under way: enough to make the same namespace again. */
interface Begun {
  /** 16 bytes, hexadecimal. */
  readonly nonce: string
  readonly name: string
  readonly write: WritePolicy
}

/** Makes a namespace in the place of another one. Whatever ends it in between, the next call goes on with the same one. */
export async function succeedNamespace(namespaces: Namespaces, replica: Replica, { id, name, write, migrate }: Succession): Promise<Namespace> {
  const old = await namespaces.open(id)
  // Throws where it is not here, or not ours. From here on nothing changes while it is copied.
  const info = await old.end()
  const key = SUCCEEDING + old.id
  const before = await begun(replica, key)
  if (info.next !== undefined && before === undefined) throw taken(info.next)
  if (before !== undefined && write !== undefined && write !== before.write)
    throw new DocstoreError(
      'bad-option',
      `It was begun with write: ${JSON.stringify(before.write)}, and was interrupted. Finish it with that, or without the option`,
    )
  const nonce = toHex(crypto.getRandomValues(new Uint8Array(16)))
  const now: Begun = before ?? { nonce, name: name ?? info.name, write: write ?? info.write }
  await replica.setMeta(key, utf8(JSON.stringify(now)))
  const made = await replica.createNamespace({ name: now.name, write: now.write, nonce: fromHex(now.nonce) })
  if (info.next !== undefined && info.next !== made.id) throw taken(info.next)
  const successor = await namespaces.open(made.id)
  if (info.next === undefined) {
    await fill(successor, old, replica, { policy: made.write, author: info.owner.slice('did:key:'.length), migrate })
    await old.set({ next: successor.id })
  }
  await replica.setMeta(key, undefined)
  return successor
}

/** Copies what a function makes of each document. Where some of it is there already, that stays as it is. */
async function fill(
  successor: Namespace,
  old: Namespace,
  replica: Replica,
  { policy, author, migrate }: { readonly policy: WritePolicy; readonly author: string } & Pick<Succession, 'migrate'>,
): Promise<void> {
  // An id of before it moved to this network leads to it too, but nothing lies there.
  for (const { collection } of await replica.collections(old.id)) {
    const documents = old.collection(collection).find()
    await successor.collection(collection).putMany(
      (async function* () {
        for await (const document of documents) {
          const migrated = migrate(document, collection)
          if (migrated === undefined) continue
          // With another id each time, a second call would write it a second time.
          const { _id = document._id } = migrated
          // Nobody but their authors can write these.
          const isOfAnother = policy === 'author' && namesAuthor(_id) && !_id.startsWith(`${author}/`)
          if (!isOfAnother) yield { ...migrated, _id }
        }
      })(),
    )
  }
}

async function begun(replica: Replica, key: string): Promise<Begun | undefined> {
  const bytes = await replica.getMeta(key)
  return bytes && (JSON.parse(fromUtf8(bytes) ?? 'null') as Begun | undefined)
}

function taken(next: string): DocstoreError {
  return new DocstoreError('bad-option', `The namespace ${next} takes its place already`)
}

function fromHex(text: string): Uint8Array {
  return Uint8Array.from(text.match(/../g) ?? [], (byte) => Number.parseInt(byte, 16))
}
