import { inTurn } from '../in-turn.ts'
import { shuffled } from '../shuffled.ts'
import type { Directory } from './directory.ts'
import { type PeerEntry, peerIdOfKey } from './entry.ts'

/** Peer ids of those to which a peer says that it is connected: they take some time to make of keys. */
const linksOf = new WeakMap<PeerEntry, readonly string[]>()

/** What the order of relays is made from. */
export interface RelayOrderInit {
  readonly directory: Pick<Directory, 'relays' | 'relaysBySource'>
  /** Relays that were stored the last time. */
  readonly former: readonly PeerEntry[]
  /** Relays that were reached before. */
  readonly isReached: (peer: string) => boolean
}

/**
 * Peer ids of relays, the best first: those that were reached; those to which these say that they are connected; then the others, in turn of who told
 * of them. Descriptors cost nothing, so that who makes up thousands of relays must not hide the rest; a connection to a relay that was reached costs
 * at least a peer that runs.
 */
export function orderRelays({ directory, former, isReached }: RelayOrderInit): readonly string[] {
  const listed = directory.relays()
  const entries = new Map([...former, ...listed].map((entry) => [entry.peer, entry]))
  const lists = [...directory.relaysBySource(), former.map(({ peer }) => peer)]
  const all = inTurn(shuffled(lists.map((list) => shuffled(list))))
  const vouched = new Set([...entries.values()].flatMap((entry) => (isReached(entry.peer) ? linkedTo(entry) : [])))
  const rank = (peer: string): number => (isReached(peer) ? 0 : vouched.has(peer) ? 1 : 2)
  return all.toSorted((a, b) => rank(a) - rank(b))
}

function linkedTo(entry: PeerEntry): readonly string[] {
  const links = linksOf.get(entry) ?? entry.descriptor.links.map(({ peer }) => peerIdOfKey(peer))
  linksOf.set(entry, links)
  return links
}
