import { DocstoreError } from '../../errors.ts'
import { parseCid, RAW } from '../../model/encoding/cid.ts'
import { MAX_ABOUT_LENGTH, MAX_DISPLAY_NAME_LENGTH, MAX_PICTURE_BYTES } from '../../model/limits.ts'
import { isAbout, isDisplayName, isUsername, readStaticProfile, type StaticProfile } from '../../model/namespace/static-profile.ts'
import type { ProfileChange } from '../types.ts'

/** What is wrong with a text, as a sentence. */
const TEXTS = {
  name: {
    is: isDisplayName,
    rule: `A display name is one line of 1 to ${MAX_DISPLAY_NAME_LENGTH} characters, all of which are seen: no zero-width ones, none that turn the direction of others, single spaces between words`,
  },
  about: {
    is: isAbout,
    rule: `What a profile says about its owner has 1 to ${MAX_ABOUT_LENGTH} characters, none of which turn the direction of others`,
  },
  username: {
    is: isUsername,
    rule: 'A username has 2 to 32 of the characters a-z, 0-9, _ and -, and may end with @ and a domain, such as ada@example.org',
  },
} as const

/** What a profile says once something changes in it; `undefined` where nothing is left. Throws `bad-profile`. */
export function changedProfile(profile: StaticProfile | undefined, change: ProfileChange): StaticProfile | undefined {
  const { picture: before, ...texts } = profile ?? {}
  const changed: Record<string, unknown> = { ...texts }
  for (const [field, value] of Object.entries(change)) {
    if (field === 'picture') continue
    if (!isTextField(field)) throw new DocstoreError('bad-profile', `A profile has no field ${JSON.stringify(field.slice(0, 80))}`)
    if (value === undefined) continue
    if (value === null) delete changed[field]
    else if (TEXTS[field].is(value)) changed[field] = value
    else throw new DocstoreError('bad-profile', TEXTS[field].rule)
  }
  const picture = change.picture === undefined ? before : change.picture === null ? undefined : pictureOf(change.picture)
  if (picture !== undefined) changed['picture'] = picture
  if (Object.keys(changed).length === 0) return undefined
  const read = readStaticProfile(changed)
  if (!read.ok) throw badPicture()
  return read.value
}

function isTextField(field: string): field is keyof typeof TEXTS {
  return Object.hasOwn(TEXTS, field)
}

function pictureOf({ cid, size }: NonNullable<ProfileChange['picture']>): StaticProfile['picture'] {
  const file = typeof cid === 'string' ? parseCid(RAW, cid) : undefined
  if (file === undefined) throw badPicture()
  return [file, size]
}

function badPicture(): DocstoreError {
  return new DocstoreError('bad-profile', `The picture of a profile is a file of at most ${MAX_PICTURE_BYTES / 1024} KiB`)
}
