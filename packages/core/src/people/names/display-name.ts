import { MAX_DISPLAY_NAME } from './limits.ts'
import { BIDI, INVISIBLE, type NameFault } from './username.ts'

/** Scripts of letters that look like those of another one. */
const ALIKE = [/\p{Script=Latin}/u, /\p{Script=Cyrillic}/u, /\p{Script=Greek}/u, /\p{Script=Armenian}/u, /\p{Script=Cherokee}/u] as const

/**
 * Why a text is no display name; nothing where it is one. Anybody may be called anything, in any script; but no name may turn the text around it, hold what nobody sees, or
 * pass for another one by letters of two alphabets that look alike in one word.
 */
export function displayNameFault(text: string): NameFault | undefined {
  if (text.trim() === '') return 'empty'
  if (text.length > MAX_DISPLAY_NAME) return 'too-long'
  if (BIDI.test(text)) return 'bidi'
  if (/[\p{Cc}\p{Zl}\p{Zp}]/u.test(text)) return 'characters'
  if (hasInvisible(text)) return 'invisible'
  // A short id may not be made up, see `shortId`.
  if (text.includes('·')) return 'characters'
  // Marks upon marks cover the lines above.
  if (/\p{M}{4}/u.test(text.normalize('NFD'))) return 'characters'
  if (text !== text.normalize('NFC') || text !== text.trim() || /\s\s/u.test(text)) return 'not-normal'
  const isMixed = text.split(/[^\p{L}\p{M}]+/u).some((word) => ALIKE.filter((script) => script.test(word)).length > 1)
  return isMixed ? 'homograph' : undefined
}

/** Emoji are put together by a joiner, and shown as such by a selector; Persian and languages of India spell with joiners. Between other characters nobody sees them. */
function hasInvisible(text: string): boolean {
  const rest = text
    .replace(/(\p{Extended_Pictographic}\p{Emoji_Modifier}?)\ufe0f?(?:\u200d(?=\p{Extended_Pictographic}))?/gu, '$1')
    .replace(
      /([\p{Script=Arabic}\p{Script=Devanagari}\p{Script=Bengali}\p{Script=Tamil}\p{Script=Sinhala}\p{Script=Malayalam}\p{Script=Kannada}\p{Script=Telugu}]\p{M}*)[\u200c\u200d](?=\p{L})/gu,
      '$1',
    )
  return INVISIBLE.test(rest)
}
