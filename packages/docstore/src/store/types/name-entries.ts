import { authorOf, canonicalJson, logId, NONCE_DIGITS, nonceOf, type Replica, type Write } from '@p2p-docstore/core'

/** Gives entries of a log that have no id theirs, in their order. */
export async function nameEntries(
  replica: Replica,
  { namespace, collection }: { readonly namespace: string; readonly collection: string },
  entries: readonly Write[],
): Promise<readonly Write[]> {
  const unnamed = entries.filter(({ id }) => id === '').length
  if (unnamed === 0) return entries
  const by = authorOf(await replica.info())
  let at = await replica.entryTime(namespace, collection, unnamed)
  return entries.map((entry) => {
    if (entry.id !== '') return entry
    const id = logId(at++, by, nonceOf(crypto.getRandomValues(new Uint8Array(NONCE_DIGITS))))
    return { ...entry, id, content: canonicalJson({ ...JSON.parse(entry.content ?? '{}'), _id: id }) }
  })
}
