import type { Docstore, Namespace } from 'p2p-docstore'
import type { Context } from './context.ts'
import { freshen } from './open-namespace.ts'

/** Opens the profile of this identity, up to date with the relays that are reachable unless nobody is to be waited for: another device may have changed it. */
export async function openOwnProfile(context: Context, store: Docstore, { offline = false }: { offline?: boolean } = {}): Promise<Namespace> {
  const namespace = await store.namespaces.open((await store.profiles.mine()).namespace)
  if (!offline) await freshen(context, store, namespace)
  return namespace
}
