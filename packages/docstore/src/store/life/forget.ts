import { DocstoreError, errorCode, KeptPositions, type Replica } from '@p2p-docstore/core'
import type { Network } from '../../network/types.ts'
import type { Namespace } from '../namespace.ts'

/** Stops wanting a namespace, and removes it from this machine. Throws what `Namespaces.forget` says. */
export async function forgetNamespace(
  namespace: Namespace,
  replica: Replica,
  network: Network | undefined,
  { force = false }: { readonly force?: boolean },
): Promise<void> {
  const { id } = namespace
  if ((await network?.isRelay()) === true)
    throw new DocstoreError('relay-keeps', 'A relay keeps what its network has: it would get the namespace again. End it instead, where it is yours')
  if (!force) {
    await assertElsewhere(namespace)
    await assertFilesElsewhere(namespace)
  }
  // First, or what is under way would bring it back.
  await network?.unwant(id)
  await replica.forgetNamespace(id)
  await replica.dropPending(id)
  await KeptPositions.forget(replica, id)
}

/** What nobody else has would be lost. */
async function assertElsewhere(namespace: Namespace): Promise<void> {
  const { pending, have, synced } = await namespace.status()
  const waiting = pending.waiting + pending.refused
  if (waiting > 0) throw notDelivered(`${waiting} changes wait for it or were refused, and are nowhere else`, { waiting })
  if (have > 0 && !synced) throw notDelivered(`no relay is known to have all of its ${have} records`, { records: have })
}

/** How long nothing may move while a relay is asked for a file, milliseconds. It is asked for files of which all is here, so it may be fetching them. */
const FILE_TIMEOUT_MS = 5000

/** A relay that has all documents need not have the files that they name. */
async function assertFilesElsewhere(namespace: Namespace): Promise<void> {
  for (const { cid, here } of await namespace.listFiles()) {
    if (!here) continue
    try {
      await namespace.fileDelivered(cid, { timeoutMs: FILE_TIMEOUT_MS })
    } catch (error) {
      if (errorCode(error) !== 'not-delivered') throw error
      throw notDelivered(`no relay is known to have all of the file ${cid}`, { files: 1 })
    }
  }
}

function notDelivered(why: string, details: Readonly<Record<string, number>>): DocstoreError {
  return new DocstoreError(
    'not-delivered',
    `The namespace is not forgotten: ${why}. Bring it to a relay first, or export it; or say that it may be lost, with force (--force)`,
    {
      details,
    },
  )
}
