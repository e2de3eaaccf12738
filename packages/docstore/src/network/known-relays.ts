import { DocstoreError, fromUtf8, type Replica, utf8 } from '@p2p-docstore/core'
import { MAX_RELAYS } from './limits.ts'

/** Name of the list of relays among the small values of the peer. */
const RELAYS = 'relays'

/** Where small values of the peer are read. */
export type MetaReader = Pick<Replica, 'getMeta'>

/** Origins of the relays that this data knows. */
export async function knownRelays(replica: MetaReader): Promise<readonly string[]> {
  const stored = await replica.getMeta(RELAYS)
  const text = stored && fromUtf8(stored)
  return text === undefined ? [] : (JSON.parse(text) as readonly string[])
}

/** Remembers a relay with the data. Throws `too-many-relays`. */
export async function rememberRelay(replica: Pick<Replica, 'getMeta' | 'setMeta'>, origin: string): Promise<void> {
  const known = await knownRelays(replica)
  if (known.includes(origin)) return
  if (known.length >= MAX_RELAYS) throw new DocstoreError('too-many-relays', `A peer keeps in touch with at most ${MAX_RELAYS} relays`)
  await replica.setMeta(RELAYS, utf8(JSON.stringify([...known, origin])))
}

/** Forgets all relays: they belong to a network that this data has left. */
export async function forgetRelays(replica: Pick<Replica, 'setMeta'>): Promise<void> {
  await replica.setMeta(RELAYS, undefined)
}
