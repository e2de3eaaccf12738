import { errorCode } from '@p2p-docstore/core'
import type { Docstore, Namespace } from 'p2p-docstore'
import type { Context } from '../context.ts'
import { nameText } from '../name-text.ts'
import { textTable } from '../output/text-table.ts'

/** Fetches the namespaces of a person on one of their devices that is new; resolves with what a person reads about them. */
export async function fetchNamespaces({ settings, signal }: Context, store: Docstore, ids: readonly string[]): Promise<string> {
  const limits = { timeoutMs: settings.timeoutMs, signal }
  // Where no relay is reached in time, it is not waited for once more with every namespace.
  const connectedOnly = ids.length > 0 && (await store.network?.connected(limits)) === 0
  const rows: string[][] = []
  for (const id of ids) {
    const namespace = await store.namespaces.open(id)
    const isHere = await hasSynced(namespace, { ...limits, connectedOnly })
    rows.push(['namespace', id, isHere ? await nameText(store, namespace) : 'not here yet: it comes once somebody who has it is reached'])
  }
  return rows.length === 0 ? 'There is no namespace yet.' : textTable(rows)
}

async function hasSynced(namespace: Namespace, options: Parameters<Namespace['sync']>[0]): Promise<boolean> {
  try {
    await namespace.sync(options)
    return true
  } catch (error) {
    // Nobody who was reached has it.
    if (errorCode(error) !== 'unknown-namespace') throw error
    return false
  }
}
