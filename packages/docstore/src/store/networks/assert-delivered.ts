import { DocstoreError, errorCode, type Replica } from '@p2p-docstore/core'
import type { Docstore } from '../docstore.ts'
import type { Namespace } from '../namespace.ts'
import { LEAVE_TIMEOUT_MS } from './limits.ts'

/** Brings what is in a network to a relay of it. Throws `not-delivered` with how many records none is known to have. */
export async function assertDelivered(store: Docstore, name: string, signal: AbortSignal | undefined): Promise<void> {
  const { network } = store
  const connected = await network?.connected({ timeoutMs: LEAVE_TIMEOUT_MS, ...(signal === undefined ? {} : { signal }) })
  let [records, namespaces, files] = [0, 0, 0]
  for (const { id } of await store.namespaces.list()) {
    const namespace = await store.namespaces.open(id)
    const only = await onlyHere(namespace, store.replica, connected !== undefined && connected > 0, signal)
    records += only.records
    files += only.files
    if (only.records + only.files > 0) namespaces += 1
  }
  const waiting = await waitingChanges(store)
  if (records + files + waiting === 0) return
  const what = [
    ...(records === 0 ? [] : [`${records} records`]),
    ...(files === 0 ? [] : [`${files} files`]),
    ...(waiting === 0 ? [] : [`${waiting} changes that wait for their namespace`]),
  ].join(' and ')
  throw new DocstoreError(
    'not-delivered',
    `The network "${name}" is not left: no relay is known to have ${what} of ${namespaces} namespaces. Let a relay be reached first, or export them; or say that they may be lost, with force (--force)`,
    { details: { records, files, waiting } },
  )
}

/** How much of a namespace no relay is known to have, after some patience. */
async function onlyHere(
  namespace: Namespace,
  replica: Replica,
  isConnected: boolean,
  signal: AbortSignal | undefined,
): Promise<{ readonly records: number; readonly files: number }> {
  const how = { timeoutMs: LEAVE_TIMEOUT_MS, ...(signal === undefined ? {} : { signal }) }
  const { have } = await namespace.status()
  if (have === 0) return { records: 0, files: 0 }
  const isThere = isConnected && (await comesAbout(() => namespace.delivered(how)))
  const [{ synced, peers }, last] = [await namespace.status(), await replica.lastSeq(namespace.id)]
  // Positions say at most how much: what was written over had some too.
  const acked = Math.max(0, ...peers.filter(({ role }) => role === 'relay').map((peer) => peer.acked))
  const records = isThere || synced ? 0 : Math.min(have, Math.max(1, last - acked))
  let files = 0
  for (const { cid, here } of await namespace.listFiles()) {
    if (here && !(isThere && (await comesAbout(() => namespace.fileDelivered(cid, how))))) files += 1
  }
  return { records, files }
}

/** Whether something gets to a relay before its time is over. */
async function comesAbout(delivery: () => Promise<unknown>): Promise<boolean> {
  try {
    await delivery()
    return true
  } catch (error) {
    if (!['not-delivered', 'timeout', 'no-relay', 'offline'].includes(errorCode(error))) throw error
    return false
  }
}

/** Changes that wait for a namespace that has not arrived, or were refused by one that has. */
async function waitingChanges(store: Docstore): Promise<number> {
  const counts = await Promise.all((await store.replica.awaited()).map((ns) => store.replica.pendingCounts(ns)))
  return counts.reduce((sum, { waiting, refused }) => sum + waiting + refused, 0)
}
