import { acceptableFrom } from '@p2p-docstore/core'
import type { NamespacePeerStatus } from '../types.ts'
import type { SyncPeer } from './sync-connection.ts'

/** How a namespace stands with a peer. */
export function namespaceStatusWith(one: SyncPeer, ns: string): NamespacePeerStatus {
  const sync = one.status.get(ns)
  return {
    id: one.id,
    role: one.role,
    via: one.via,
    state: one.session === undefined ? 'offline' : (sync?.state ?? 'waiting'),
    lastSyncedAt: sync?.lastSyncedAt,
    ...(sync?.parts === undefined ? {} : { parts: sync.parts }),
    acked: sync?.acked ?? 0,
    have: sync?.have ?? 0,
    want: sync?.want ?? 0,
    received: sync?.received ?? 0,
    sent: sync?.sent ?? 0,
    refused: sync?.refused ?? 0,
    lastRefusal: sync?.lastRefusal,
    held: sync?.held ?? 0,
    heldUntil: sync === undefined || sync.heldAt === 0 ? undefined : acceptableFrom(sync.heldAt),
    error: one.session === undefined ? one.error : sync?.error,
  }
}
