import { knownRelays, ownOrigin } from '../network/known-relays.ts'
import type { Docstore } from './docstore.ts'

/** Origins of the relays that a store knows, for a join link: its own if it is one, connected ones, those that it joined, listed ones. */
export async function knownOrigins(store: Docstore): Promise<readonly string[]> {
  const connected = (await store.peers()).filter(({ state }) => state === 'connected').map(({ origin }) => origin)
  const listed = (await store.directory()).filter(({ role }) => role === 'relay').map(({ origin }) => origin)
  const origins = [await ownOrigin(store.replica), ...connected, ...(await knownRelays(store.replica)), ...listed]
  return [...new Set(origins)].filter((origin) => origin !== undefined)
}
