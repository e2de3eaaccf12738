import { DocstoreError, errorCode } from '@p2p-docstore/core'
import type { Docstore, Namespace } from 'p2p-docstore'
import type { Context } from './context.ts'
import { type CopiesOptions, waitForCopies } from './copies.ts'

/** Waits until so many relays hold a file and the document that names it; resolves with how many do. */
export async function waitForFileCopies(
  context: Context,
  store: Docstore,
  namespace: Namespace,
  cid: string,
  options: CopiesOptions,
): Promise<number> {
  const { output, settings, signal } = context
  const copies = await waitForCopies(context, store, namespace, options)
  if (copies === 0) return 0
  try {
    return (await namespace.fileDelivered(cid, { copies, timeoutMs: settings.timeoutMs, signal })).length
  } catch (error) {
    if (errorCode(error) !== 'not-delivered') throw error
    const { copies: whole } = error instanceof DocstoreError ? error.details : {}
    output.note(
      `${Number(whole)} of ${copies} relays have all of the file in time. It is kept here; they fetch the rest while this peer is connected.`,
    )
    return Number(whole)
  }
}
