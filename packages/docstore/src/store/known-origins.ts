import { knownRelays, ownOrigin } from '../network/relays/index.ts'
import type { Docstore } from './docstore.ts'

/**
 * Origins of relays for a join link: the store's own if it is one, and those that it joined, connected ones first. Others only claim their
 * origins, and whoever comes with the link takes what is in it for joined.
 */
export async function knownOrigins(store: Pick<Docstore, 'replica' | 'peers'>): Promise<readonly string[]> {
  const joined = await knownRelays(store.replica)
  const connected = new Set((await store.peers()).filter(({ state }) => state === 'connected').map(({ origin }) => origin))
  const ordered = [...joined.filter((origin) => connected.has(origin)), ...joined]
  return [...new Set([await ownOrigin(store.replica), ...ordered])].filter((origin) => origin !== undefined)
}
