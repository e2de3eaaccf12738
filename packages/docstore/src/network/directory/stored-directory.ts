import { asStruct, decodeCbor, encodeCbor, isUint, type Network, type Replica } from '@p2p-docstore/core'
import type { Directory } from './directory.ts'
import { type PeerEntry, readEntry } from './entry.ts'
import { asPackedEntry, type PackedEntry } from './messages.ts'
import { orderRelays } from './relay-order.ts'

/** Name of what is kept of the directory, among the small values of the peer. */
const DIRECTORY = 'directory'
/** Relays that are remembered for the next start. Other peers are forgotten: their addresses hold for minutes. */
export const MAX_STORED_RELAYS = 64
/** Those among them that were only heard of, where there are as many that were reached. A command that runs for a second reaches one. */
const MAX_STORED_UNREACHED = 16
const MAX_STORED_BYTES: number = 1024 * 1024

/** Relays of the last time: their descriptors, which may not hold any more, and when which of them was reached, Unix milliseconds, the latest last. */
export interface StoredRelays {
  readonly relays: readonly PeerEntry[]
  readonly reached: Map<string, number>
}

/**
 * Keeps relays for the next start, so that it finds somebody even where all joined ones are gone: those that were reached, the latest first, and some
 * of the others, for whoever likes can list many more. Returns what is kept.
 */
export async function storeDirectory(
  replica: Pick<Replica, 'setMeta'>,
  directory: Pick<Directory, 'relays' | 'relaysBySource'>,
  { relays: former, reached }: StoredRelays,
): Promise<StoredRelays> {
  const known = new Map([...former, ...directory.relays()].map((relay) => [relay.peer, relay]))
  const entriesOf = (peers: readonly string[]): PeerEntry[] => peers.flatMap((peer) => known.get(peer) ?? [])
  const proven = entriesOf([...reached.keys()].toReversed())
  const others = entriesOf(orderRelays({ directory, former, isReached: (peer) => reached.has(peer) }).filter((peer) => !reached.has(peer)))
  const room = Math.max(MAX_STORED_RELAYS - proven.length, MAX_STORED_UNREACHED)
  const unproven = others.slice(0, proven.length > 0 ? Math.min(room, MAX_STORED_UNREACHED) : MAX_STORED_RELAYS)
  const relays = [...proven.slice(0, MAX_STORED_RELAYS - unproven.length), ...unproven]
  await replica.setMeta(DIRECTORY, encodeCbor(relays.map(({ kind, packed, at, peer }) => ({ kind, packed, at, reached: reached.get(peer) ?? 0 }))))
  return { relays, reached }
}

/** Puts into the directory what was stored. Relays whose descriptors do not hold any more may be there all the same. */
export async function loadDirectory(replica: Pick<Replica, 'getMeta'>, directory: Directory, network: Network): Promise<StoredRelays> {
  const stored = await replica.getMeta(DIRECTORY)
  const decoded = stored && decodeCbor(stored, MAX_STORED_BYTES)
  const relays: PeerEntry[] = []
  const reached: [peer: string, at: number][] = []
  // Of an earlier release, or of another network: others will tell.
  const values = decoded?.ok === true && Array.isArray(decoded.value) ? decoded.value.slice(0, MAX_STORED_RELAYS) : []
  for (const value of values) {
    const one = asStored(value)
    if (one === undefined) continue
    const entry = await readEntry(one.entry, network, one.at)
    if (!entry.ok || entry.value.kind !== 'peer') continue
    await directory.add(one.entry, '')
    relays.push(entry.value)
    if (one.reached > 0) reached.push([entry.value.peer, one.reached])
  }
  return { relays, reached: new Map(reached.sort(([, a], [, b]) => a - b)) }
}

function asStored(value: unknown): { readonly entry: PackedEntry; readonly at: number; readonly reached: number } | undefined {
  const struct = asStruct(value, ['kind', 'packed', 'at', 'reached'])
  const entry = asPackedEntry({ kind: struct?.['kind'], packed: struct?.['packed'] })
  const at = struct?.['at']
  const reached = struct?.['reached']
  return entry !== undefined && isUint(at) && isUint(reached) ? { entry, at, reached } : undefined
}
