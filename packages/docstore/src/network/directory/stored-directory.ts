import { asStruct, decodeCbor, encodeCbor, isUint, type Network, type Replica } from '@p2p-docstore/core'
import type { Directory } from './directory.ts'
import { type PeerEntry, readEntry } from './entry.ts'
import { asPackedEntry, type PackedEntry } from './messages.ts'

/** Name of what is kept of the directory, among the small values of the peer. */
const DIRECTORY = 'directory'
/** Relays that are remembered for the next start. Other peers are forgotten: their addresses hold for minutes. */
const MAX_STORED_RELAYS = 64
const MAX_STORED_BYTES: number = 1024 * 1024

/** Keeps the relays that were heard of last: who starts again finds somebody even where all joined relays are gone. */
export async function storeDirectory(replica: Pick<Replica, 'setMeta'>, directory: Directory, former: readonly PeerEntry[]): Promise<void> {
  const known = new Map([...former, ...directory.relays()].map((relay) => [relay.peer, relay]))
  const relays = [...known.values()].sort((a, b) => b.at - a.at).slice(0, MAX_STORED_RELAYS)
  await replica.setMeta(DIRECTORY, encodeCbor(relays.map(({ kind, packed, at }) => ({ kind, packed, at }))))
}

/** Puts into the directory what was stored; returns the relays whose descriptors do not hold any more: they may be there all the same. */
export async function loadDirectory(replica: Pick<Replica, 'getMeta'>, directory: Directory, network: Network): Promise<readonly PeerEntry[]> {
  const stored = await replica.getMeta(DIRECTORY)
  const decoded = stored && decodeCbor(stored, MAX_STORED_BYTES)
  // Of an earlier release, or of another network: others will tell.
  if (decoded?.ok !== true || !Array.isArray(decoded.value)) return []
  const former: PeerEntry[] = []
  for (const value of decoded.value.slice(0, MAX_STORED_RELAYS)) {
    const one = asStored(value)
    if (one === undefined || (await directory.add(one.entry, '')) !== 'expired') continue
    const entry = await readEntry(one.entry, network, one.at)
    if (entry.ok && entry.value.kind === 'peer') former.push(entry.value)
  }
  return former
}

function asStored(value: unknown): { readonly entry: PackedEntry; readonly at: number } | undefined {
  const struct = asStruct(value, ['kind', 'packed', 'at'])
  const entry = asPackedEntry({ kind: struct?.['kind'], packed: struct?.['packed'] })
  const at = struct?.['at']
  return entry !== undefined && isUint(at) ? { entry, at } : undefined
}
