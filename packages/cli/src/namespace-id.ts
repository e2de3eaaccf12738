import { DAG_CBOR, DocstoreError, parseCid } from '@p2p-docstore/core'
import type { Docstore } from 'p2p-docstore'

/** The id that a person means: an id as it is, or the name of a namespace that is here. Throws `unknown-namespace`, `ambiguous-namespace`. */
export async function namespaceId(store: Docstore, text: string): Promise<string> {
  if (parseCid(DAG_CBOR, text) !== undefined) return text
  const ids = (await store.namespaces.list()).filter(({ name }) => name === text).map(({ id }) => id)
  const [id] = ids
  if (id === undefined) {
    throw new DocstoreError('unknown-namespace', `No namespace named ${JSON.stringify(text.slice(0, 128))} is here. Use its id if a peer has it`)
  }
  if (ids.length > 1) {
    throw new DocstoreError('ambiguous-namespace', `${ids.length} namespaces are named ${JSON.stringify(text)}. Use an id: ${ids.join(', ')}`, {
      details: { ids },
    })
  }
  return id
}
