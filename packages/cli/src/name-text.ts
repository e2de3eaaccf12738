import type { Docstore, Namespace } from 'p2p-docstore'

/** Letters of the end of an id that tell it from others of its name. */
const ENDING = 8

/** What a person reads for a namespace: its name, with the last letters of its id where another one of this name is here; its id where it has not arrived. */
export async function nameText(store: Docstore, { id }: Pick<Namespace, 'id'>): Promise<string> {
  const all = await store.namespaces.list()
  const name = all.find((one) => one.id === id)?.name
  if (name === undefined) return id
  return all.some((one) => one.name === name && one.id !== id) ? `"${name}" (…${id.slice(-ENDING)})` : `"${name}"`
}
