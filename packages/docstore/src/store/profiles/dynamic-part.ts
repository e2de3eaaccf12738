import { DocstoreError, isAbout, isPlainObject } from '@p2p-docstore/core'
import type { Collection } from '../collection.ts'
import { setField } from './contacts.ts'
import { MAX_LINK_LENGTH, MAX_LINKS } from './limits.ts'
import type { DynamicProfile } from './types.ts'

/** The collection of a profile with what changes often, each field by itself. */
export const DYNAMIC = 'profile'

const LABEL = /^[\p{L}\p{N}_-][\p{L}\p{N} _-]{0,31}$/u

/** What a profile says now. Another program may have written anything: what cannot be shown is left out. */
export async function readDynamic(documents: Collection): Promise<DynamicProfile> {
  const [status, links] = await Promise.all([documents.get('status'), documents.get('links')])
  const value = status?.['value']
  const { text, at } = isPlainObject(value) ? value : {}
  const good = Object.entries(links ?? {}).filter((entry): entry is [string, string] => isLink(...entry))
  return {
    ...(isAbout(text) && typeof at === 'number' ? { status: { text, at } } : {}),
    links: Object.fromEntries(good.slice(0, MAX_LINKS)),
  }
}

/** Throws `bad-profile`. */
export async function setStatus(documents: Collection, text: string | null): Promise<void> {
  if (text !== null && !isAbout(text))
    throw new DocstoreError('bad-profile', 'A status has 1 to 1,024 characters, none of which turn the direction of others')
  await setField(documents, 'status', 'value', text === null ? null : { text, at: Date.now() })
}

/** Sets links by their labels; `null` takes one away. Throws `bad-profile`. */
export async function setLinks(documents: Collection, links: Readonly<Record<string, string | null>>): Promise<void> {
  const before = (await readDynamic(documents)).links
  for (const [label, link] of Object.entries(links)) if (link !== null && !isLink(label, link)) throw badLink(label)
  const after = Object.entries({ ...before, ...links }).filter(([, link]) => link !== null)
  if (after.length > MAX_LINKS) throw new DocstoreError('bad-profile', `A profile has at most ${MAX_LINKS} links. Take one away first`)
  for (const [label, link] of Object.entries(links)) if (LABEL.test(label)) await setField(documents, 'links', label, link)
}

function isLink(label: string, link: unknown): boolean {
  if (label === '_id' || !LABEL.test(label) || typeof link !== 'string' || link.length > MAX_LINK_LENGTH) return false
  return /^(https?:\/\/|mailto:)[!-~]+$/.test(link) && URL.canParse(link)
}

function badLink(label: string): DocstoreError {
  return new DocstoreError(
    'bad-profile',
    `The link ${JSON.stringify(label.slice(0, 40))} cannot be: its label has 1 to 32 letters, digits, spaces, _ and -, and it begins with https://, http:// or mailto: and has at most ${MAX_LINK_LENGTH} characters`,
  )
}
