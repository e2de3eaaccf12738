import { lookalike } from './confusables.ts'
import { MAX_USERNAME, MIN_USERNAME } from './limits.ts'

/** Why a text is no name. Stable: users and other peers see these words. */
export type NameFault =
  | 'empty'
  | 'too-short'
  | 'too-long'
  | 'characters' // has characters that names do not have
  | 'bidi' // has characters that turn the direction of writing around
  | 'invisible' // has characters that nobody sees
  | 'homograph' // has letters of another alphabet that look like those of this one
  | 'reserved' // would be taken for something that belongs to the network or to this program
  | 'not-normal' // says what it says in another form than the one that it has

/** Controls of the direction of writing (Unicode, Bidi_Control). */
export const BIDI: RegExp = /[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/u
/** Characters that are not drawn, or only as the form of others: format, fillers, variation selectors, tags, private use, and those without a meaning. */
export const INVISIBLE: RegExp = /[\p{Cf}\p{Cn}\p{Co}\p{Cs}\p{Variation_Selector}]|\u034f|\u115f|\u1160|\u17b4|\u17b5|\u3164|\uffa0/u

const USERNAME = /^[a-z0-9_-]*$/
/** Names that would be taken for those who run something, or for words of this program. */
const RESERVED: ReadonlySet<string> = new Set(
  (
    'admin administrator all anonymous anyone api author authority bot docstore everyone guest help here home info mail me member members moderator network nobody none ' +
    'null official owner postmaster relay root security self service support system team test undefined user webmaster www you'
  ).split(' '),
)

/** Why a text is no username; nothing where it is one: 2 to 32 of `a-z`, `0-9`, `_` and `-`, not reserved, in its normal form. */
export function usernameFault(text: string): NameFault | undefined {
  if (text === '') return 'empty'
  if (BIDI.test(text)) return 'bidi'
  if (INVISIBLE.test(text)) return 'invisible'
  if (!USERNAME.test(text)) return characterFault(text)
  if (text.length < MIN_USERNAME) return 'too-short'
  if (text.length > MAX_USERNAME) return 'too-long'
  // At the ends they are lost in sentences, and only these would be a line.
  if (/^[-_]|[-_]$/.test(text)) return 'characters'
  return isReserved(text) ? 'reserved' : undefined
}

/** A username as somebody typed it, in its normal form: `@Alice ` is `alice`. Says nothing of whether it is one. */
export function normalUsername(typed: string): string {
  return typed
    .trim()
    .replace(/^@/, '')
    .replace(/[A-Z]/g, (letter) => letter.toLowerCase())
}

function characterFault(text: string): NameFault {
  const looks = lookalike(text)
  if (USERNAME.test(looks.toLowerCase())) return looks === text ? 'not-normal' : 'homograph'
  return 'characters'
}

function isReserved(name: string): boolean {
  const plain = name.replace(/[-_]/g, '')
  return RESERVED.has(plain) || /^(did|bafy|z6mk)/.test(plain)
}
