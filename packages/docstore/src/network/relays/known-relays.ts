import { DocstoreError, fromUtf8, type Replica, utf8 } from '@p2p-docstore/core'
import { MAX_RELAYS } from '../limits.ts'

/** Name of the list of relays among the small values of the peer. */
export const RELAYS = 'relays'

/** Name of the list of how each relay was reached last. */
export const WAYS = 'relay-ways'

/** Name of the origin under which others reach this peer's own web server, where it is a relay. */
const OWN_ORIGIN = 'own-origin'

/** Where small values of the peer are read. */
export type MetaReader = Pick<Replica, 'getMeta'>

/** Origins of the relays that this data knows. */
export async function knownRelays(replica: MetaReader): Promise<readonly string[]> {
  const stored = await replica.getMeta(RELAYS)
  const text = stored && fromUtf8(stored)
  return text === undefined ? [] : (JSON.parse(text) as readonly string[])
}

/** Remembers relays with the data, as far as there is room. Throws `too-many-relays` where there is none at all. */
export async function rememberRelays(replica: Pick<Replica, 'getMeta' | 'setMeta'>, origins: readonly string[]): Promise<void> {
  const known = await knownRelays(replica)
  const added = origins.filter((origin) => !known.includes(origin))
  if (added.length === 0) return
  if (known.length >= MAX_RELAYS) throw new DocstoreError('too-many-relays', `A peer keeps in touch with at most ${MAX_RELAYS} relays`)
  await replica.setMeta(RELAYS, utf8(JSON.stringify([...new Set([...known, ...added])].slice(0, MAX_RELAYS))))
}

/** The origin of this peer's own web server, when it last had one. */
export async function ownOrigin(replica: MetaReader): Promise<string | undefined> {
  const stored = await replica.getMeta(OWN_ORIGIN)
  return stored && fromUtf8(stored)
}

/** Remembers the origin of this peer's own web server, for join links. */
export async function rememberOwnOrigin(replica: Pick<Replica, 'setMeta'>, origin: string): Promise<void> {
  await replica.setMeta(OWN_ORIGIN, utf8(new URL(origin).origin))
}
