import type { Docstore } from 'p2p-docstore'

/** What a person reads for people, by their ids: what they are called, with the end of the id that tells them from others. Nobody is asked for it. */
export async function whoTexts(store: Docstore, ids: readonly string[]): Promise<ReadonlyMap<string, string>> {
  const people = [...new Set(ids)]
  const known = people.length === 0 ? [] : await store.profiles.names(people)
  return new Map(known.map(({ person, label, shortId }) => [person, label.includes(shortId) ? label : `${label}·${shortId}`]))
}
