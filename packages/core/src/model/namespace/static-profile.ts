import { asStruct, isUint } from '../encoding/cbor.ts'
import { type CID, isOurCid, RAW } from '../encoding/cid.ts'
import { MAX_ABOUT_LENGTH, MAX_DISPLAY_NAME_LENGTH, MAX_PICTURE_BYTES, MAX_USERNAME_LENGTH } from '../limits.ts'
import { accept, refuse, type Verdict } from '../verdict.ts'

/** Kind of the namespaces that are profiles: their id follows from network and owner. */
export const PROFILE_KIND = 'profile'

/** What somebody says of himself in the head of his profile. Nobody vouches for any of it. */
export interface StaticProfile {
  readonly name?: string
  readonly about?: string
  /** File in the profile's own namespace, of one block, and its size in bytes. One value, so that two devices never mix two pictures. */
  readonly picture?: readonly [file: CID, size: number]
  /** A username that is claimed. */
  readonly username?: string
}

/**
 * Characters that are not seen, or change the order of others, and so let one text pass as another; and white space besides U+0020. A list of numbers and no property
 * of Unicode, whose versions differ between peers.
 */
const UNSEEN =
  // oxlint-disable-next-line no-control-regex, no-misleading-character-class -- they are what is looked for.
  /[\0-\x1f\x7f-\xa0\xad\u034f\u061c\u115f\u1160\u1680\u17b4\u17b5\u180b-\u180f\u2000-\u200f\u2028-\u202f\u205f-\u206f\u2800\u3000\u3164\ufe00-\ufe0e\ufeff\uffa0\ufff0-\uffff\u{1bca0}-\u{1bca3}\u{1d173}-\u{1d17a}\u{e0000}-\u{e0fff}]/u
/** Of a text of several lines: what changes the order of others. */
// oxlint-disable-next-line no-control-regex -- they are what is looked for.
const DISORDER = /[\0-\x09\x0b-\x1f\x7f-\x9f\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff]/
const USERNAME = /^[a-z0-9_-]{2,32}(@[a-z0-9-]+(\.[a-z0-9-]+)+)?$/

/** Whether a value can be a display name: one line without anything unseen, spaces only between words. */
export function isDisplayName(value: unknown): value is string {
  if (typeof value !== 'string' || value.length === 0 || value.length > MAX_DISPLAY_NAME_LENGTH || !value.isWellFormed()) return false
  return !UNSEEN.test(value) && !/^ | $| {2}/.test(value)
}

/** Whether a value can be what somebody says about himself, or his status. */
export function isAbout(value: unknown): value is string {
  return typeof value === 'string' && value.length > 0 && value.length <= MAX_ABOUT_LENGTH && value.isWellFormed() && !DISORDER.test(value)
}

/** Whether a value can be a username: one of this network, or `name@example.org`. */
export function isUsername(value: unknown): value is string {
  return typeof value === 'string' && value.length <= MAX_USERNAME_LENGTH && USERNAME.test(value)
}

/** The static part of a profile: `malformed`, or `bad-profile` where a text in it cannot be shown as it is. */
export function readStaticProfile(value: unknown): Verdict<StaticProfile> {
  const struct = asStruct(value, [], ['name', 'about', 'picture', 'username'])
  if (struct === undefined || Object.keys(struct).length === 0) return refuse('malformed')
  const { name, about, picture, username } = struct
  if (!(picture === undefined || isPicture(picture)) || ![name, about, username].every(isOptionalText)) return refuse('malformed')
  const isShown = (text: unknown, is: (value: unknown) => boolean): boolean => text === undefined || is(text)
  return isShown(name, isDisplayName) && isShown(about, isAbout) && isShown(username, isUsername)
    ? accept(struct as StaticProfile)
    : refuse('bad-profile')
}

function isOptionalText(value: unknown): boolean {
  return value === undefined || typeof value === 'string'
}

function isPicture(value: unknown): boolean {
  if (!Array.isArray(value) || value.length !== 2) return false
  const [file, size]: unknown[] = value
  return isOurCid(file, RAW) && isUint(size) && size > 0 && size <= MAX_PICTURE_BYTES
}
