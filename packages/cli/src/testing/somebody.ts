import { openReplica, type Replica } from '@p2p-docstore/core'
import { openNodeStorage } from '@p2p-docstore/core/storage/node'
import type { Docstore } from 'p2p-docstore'

/** Somebody else with the same namespace, in this process, whose clock is behind: what is written in the store at the same time wins. Whoever opens it closes it. */
export async function somebody(store: Docstore, ns: string): Promise<Replica> {
  const { network } = await store.replica.info()
  const replica = await openReplica(openNodeStorage(':memory:'), { network: network.descriptor, aside: false, now: () => Date.now() - 10_000 })
  await handNamespace(ns, store.replica, replica)
  return replica
}

/** Gives one a namespace that another one has, with the logs by which it is judged. */
export async function handNamespace(ns: string, from: Replica, to: Replica): Promise<void> {
  const namespace = await from.exportNamespace(ns)
  if (namespace === undefined) throw new Error('There is no such namespace')
  const { genesis, head, signature } = namespace
  const owner = await to.ownerLog(genesis)
  if (owner !== undefined) await to.importActs(ns, (await from.exportActs(ns, [{ ...owner, skip: 0 }], 100_000)).logs, genesis)
  await to.importNamespace(genesis, head, signature)
}

/** Gives one what another one has of a namespace, with the logs of who wrote it. */
export async function send(ns: string, from: Replica, to: Replica): Promise<void> {
  const wants = (await from.logTips(ns, new Uint8Array(), 100)).map(({ log }) => ({ log, tips: [], skip: 0 }))
  if (wants.length > 0) await to.importActs(ns, (await from.exportActs(ns, wants, 100_000)).logs)
  const { batch } = await from.batchSince(ns, 0, { maxBytes: 1_000_000 })
  if (batch !== undefined) await to.accept(ns, batch)
}
