import type { Document } from 'p2p-docstore'

/** What somebody was writing when the editor went away without being asked: with a reload, or with the way back. */
export interface Draft {
  readonly text: string
  /** The document as it was when writing began; `null` for a new one. */
  readonly base: Document | null
  /** Unix milliseconds. */
  readonly at: number
}

/** Which document of which collection is written; without an id, a new one. */
export interface DraftPlace {
  readonly namespace: string
  readonly collection: string
  readonly id?: string | undefined
}

/** They are this tab's: what is written in another one is not finished there either. */
const PREFIX = 'docstore.draft/'
/** Drafts that are kept; the oldest goes first. */
const MAX_DRAFTS = 20

/** The draft of a document. */
export function draftOf(place: DraftPlace): Draft | undefined {
  return read(keyOf(place))
}

/** The newest draft of a collection. */
export function latestDraft({ namespace, collection }: DraftPlace): Draft | undefined {
  const beginning = keyOf({ namespace, collection })
  const drafts = keys().flatMap((key) => (key.startsWith(beginning) ? (read(key) ?? []) : []))
  return drafts.toSorted((a, b) => b.at - a.at)[0]
}

/** Keeps what was written so far. Whether the browser does is returned. */
export function keepDraft(place: DraftPlace, draft: Draft): boolean {
  const key = keyOf(place)
  try {
    if (sessionStorage.getItem(key) === null) makeRoom()
    sessionStorage.setItem(key, JSON.stringify(draft))
    return true
  } catch {
    // It has no room for it, or none at all. Leaving the editor asks all the same.
    return false
  }
}

/** Forgets what was written: it is saved, or not wanted. */
export function dropDraft(place: DraftPlace): void {
  sessionStorage.removeItem(keyOf(place))
}

function makeRoom(): void {
  const all = keys().toSorted((a, b) => (read(a)?.at ?? 0) - (read(b)?.at ?? 0))
  for (const key of all.slice(0, Math.max(0, all.length - MAX_DRAFTS + 1))) sessionStorage.removeItem(key)
}

function keys(): readonly string[] {
  return Object.keys(sessionStorage).filter((key) => key.startsWith(PREFIX))
}

function keyOf({ namespace, collection, id = '' }: DraftPlace): string {
  return `${PREFIX}${[namespace, collection, id].map(encodeURIComponent).join('/')}`
}

function read(key: string): Draft | undefined {
  try {
    const value: unknown = JSON.parse(sessionStorage.getItem(key) ?? 'null')
    return isDraft(value) ? value : undefined
  } catch {
    return undefined
  }
}

function isDraft(value: unknown): value is Draft {
  if (typeof value !== 'object' || value === null || !('text' in value) || !('base' in value) || !('at' in value)) return false
  return typeof value.text === 'string' && typeof value.at === 'number' && typeof value.base === 'object'
}
