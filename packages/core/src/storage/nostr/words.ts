import { firstTag } from '../../model/nostr/tags.ts'
import type { NostrEvent } from '../../model/nostr/event.ts'

/** Kinds whose content people read, so that it is worth finding: profiles, notes, threads, pictures, chats, files, comments, polls, highlights, articles and what is like these. */
const SEARCHED: ReadonlySet<number> = new Set([
  0, 1, 9, 11, 20, 21, 22, 40, 41, 42, 1063, 1068, 1111, 1222, 1311, 1617, 1621, 1808, 9041, 9802, 30009, 30017, 30018, 30023, 30040, 30041, 30063,
  30311, 30315, 30402, 30617, 30818, 31922, 31923, 31924, 31989, 31990, 34235, 34236, 34550,
])
/** Tags that say what an event is about. */
const TITLES = ['title', 'name', 'subject', 'summary'] as const

/** The text by which an event is found; `undefined` where it is found by none. */
export function wordsOf(event: Pick<NostrEvent, 'kind' | 'tags' | 'content'>): string | undefined {
  if (!SEARCHED.has(event.kind)) return undefined
  return [...TITLES.flatMap((name) => firstTag(event, name) ?? []), event.content].join('\n')
}

/** What FTS5 looks for: all words, without the wishes of NIP-50 (`language:en`), which nobody has to heed; `undefined` where no word is left. */
export function searchOf(search: string): string | undefined {
  const words = search.split(/\s+/).filter((word) => word !== '' && !/^[a-z_]+:\S/.test(word))
  return words.length === 0 ? undefined : words.map((word) => `"${word.replaceAll('"', '""').replaceAll('\0', ' ')}"`).join(' ')
}
