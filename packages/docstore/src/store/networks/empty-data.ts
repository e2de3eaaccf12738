import type { HeldData } from '../../sharing/place.ts'

/** Names of the small values by which data signs for its person, as replicas keep them: whose it is, their genesis, and their recovery key while it lies here. */
export const OF_PERSON: readonly string[] = ['person', 'person-genesis', 'recovery']
/** What stays of data that has left its network: who it is, with what is known of the other devices, and which file it lies in. */
const KEPT: readonly string[] = ['identity', ...OF_PERSON, 'person-seen', 'file-mark']

/** Removes everything that belongs to a network from data that this program alone has, and closes it. `keep`: beginnings of names of small values that stay. */
export async function emptyData(held: HeldData, keep: readonly string[]): Promise<void> {
  try {
    const replica = await held.openReplica({})
    for (const { id } of await replica.namespaces()) await replica.forgetNamespace(id)
    // Last the network itself, so that who was ended in between does it again.
    const names = (await replica.listMeta(''))
      .map(([name]) => name)
      .filter((name) => !KEPT.includes(name) && !keep.some((one) => name.startsWith(one)))
    for (const name of [...names.filter((one) => one !== 'network'), 'network']) await replica.setMeta(name, undefined)
  } catch (error) {
    await held.close().catch(() => undefined)
    throw error
  }
  await (keep.length === 0 && held.discard !== undefined ? held.discard() : held.close())
}
