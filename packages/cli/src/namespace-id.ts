import { DAG_CBOR, DocstoreError, type NamespaceInfo, parseCid } from '@p2p-docstore/core'
import type { Docstore } from 'p2p-docstore'

/** Letters of the end of an id that stand for it, at least: beginnings are all alike. */
const MIN_ENDING = 6

/**
 * The id that a person means: an id as it is; or the name, or the last letters of the id, of a namespace that is here. Throws `unknown-namespace`,
 * `ambiguous-namespace`, and `bad-namespace-id` for an id with a wrong letter in it.
 */
export async function namespaceId(store: Docstore, text: string): Promise<string> {
  const isId = parseCid(DAG_CBOR, text) !== undefined
  if (isId && (await store.replica.namespace(text)) !== undefined) return text
  const all = await store.namespaces.list()
  const isMeant = ({ id, name }: NamespaceInfo): boolean => id === text || name === text
  if (isId || !all.some(isMeant)) await refuseElsewhere(store, text, isMeant)
  if (isId) return text
  const named = all.filter(({ name }) => name === text)
  const ending = text.replace(/^…/, '')
  // Those that have not arrived yet have no name here.
  const everyId = async (): Promise<readonly string[]> => [...all.map(({ id }) => id), ...(await store.namespaces.awaited())]
  const ids = named.length === 0 && ending.length >= MIN_ENDING ? (await everyId()).filter((id) => id.endsWith(ending)) : named.map(({ id }) => id)
  const [id] = ids
  if (id === undefined) throw unknown(text)
  if (ids.length > 1) {
    throw new DocstoreError(
      'ambiguous-namespace',
      `${ids.length} namespaces here are ${named.length > 1 ? 'named' : 'called'} ${JSON.stringify(text)}. Use an id, or its last letters: ${ids.join(', ')}`,
      { details: { ids } },
    )
  }
  return id
}

/** What is in another network of the folder is not asked for in this one, whose relays would hear of it. */
async function refuseElsewhere(store: Docstore, text: string, isMeant: (namespace: NamespaceInfo) => boolean): Promise<void> {
  const others = (await store.networks()).filter(({ id }) => id !== store.info.network.id)
  for (const { id, name } of others) {
    if (!(await (await store.inNetwork(id)).namespaces.list()).some(isMeant)) continue
    throw new DocstoreError(
      'other-network',
      `The namespace ${JSON.stringify(text)} is in the network ${JSON.stringify(name)}, and this command works in ${JSON.stringify(store.info.network.name)}. Add --network ${others.filter((one) => one.name === name).length > 1 || store.info.network.name === name ? id.slice(-8) : shellWord(name)}`,
    )
  }
}

/** A name as it stands in a command. */
function shellWord(text: string): string {
  return /^[\w.-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`
}

function unknown(text: string): DocstoreError {
  const shown = JSON.stringify(text.slice(0, 128))
  return /^ba[a-z2-7]{20,}$/i.test(text)
    ? new DocstoreError('bad-namespace-id', `${shown} looks like an id and is none: a letter is wrong, too many or missing. Copy it again`)
    : new DocstoreError('unknown-namespace', `No namespace named ${shown} is here. Use its id if a peer has it`)
}
