import type { Replica } from '@p2p-docstore/core'

/** Bytes of acts that are handed over at once. */
const MAX_BYTES = 1_000_000

/** Gives one replica a namespace that another one has, with what it takes to judge it, as a session does. */
export async function handNamespace(from: Replica, to: Replica, id: string): Promise<void> {
  const namespace = await from.exportNamespace(id)
  if (namespace === undefined) throw new Error('The namespace is not there')
  const { genesis, head, signature } = namespace
  const owner = await to.ownerLog(genesis)
  if (owner !== undefined) await to.importActs(id, (await from.exportActs(id, [{ ...owner, skip: 0 }], MAX_BYTES)).logs, genesis)
  await to.importNamespace(genesis, head, signature)
}
