import { MAX_TIME } from '../clock.ts'
import { AUTHOR_NAME, authorName } from '../people/author.ts'

/** Crockford's base32, as in ULIDs: texts of it sort as the numbers do. */
const ALPHABET = '0123456789ABCDEFGHJKMNPQRSTVWXYZ'
/** Digits that every time fits in. */
const TIME_DIGITS = 11
/** Digits that part entries which one author writes in two places at once. */
export const NONCE_DIGITS = 8
const LOG_ID = new RegExp(`^[${ALPHABET}]{${TIME_DIGITS}}-[${ALPHABET}]{${NONCE_DIGITS}}-(${AUTHOR_NAME})$`)

/** Id of the entry of a log: time, nonce and author, so that ids sort by time, and nobody can write the entry of another, or an entry anew. */
export function logId(at: number, by: Uint8Array, nonce: string): string {
  return `${timeText(at)}-${nonce}-${authorName(by)}`
}

/** Whether an id is that of an entry which this author wrote at this time. */
export function isLogId(id: string, at: number, by: Uint8Array): boolean {
  return id.startsWith(timeText(at)) && nameIn(id) === authorName(by)
}

/** Time of an entry by its id, `undefined` where that is none. */
export function timeOfLogId(id: string): number | undefined {
  if (nameIn(id) === undefined) return undefined
  let time = 0
  for (const digit of id.slice(0, TIME_DIGITS)) time = time * 32 + ALPHABET.indexOf(digit)
  return time <= MAX_TIME ? time : undefined
}

/** Whether an id has the form of an entry's, by this author. */
export function isLogIdOf(id: string, by: Uint8Array): boolean {
  return timeOfLogId(id) !== undefined && nameIn(id) === authorName(by)
}

/** The nonce that random bytes make, one for each digit. */
export function nonceOf(bytes: Uint8Array): string {
  let nonce = ''
  for (const byte of bytes.subarray(0, NONCE_DIGITS)) nonce += ALPHABET[byte % 32] ?? ''
  return nonce
}

/** The nonce of an entry's id. */
export function nonceOfLogId(id: string): string {
  return id.slice(TIME_DIGITS + 1, TIME_DIGITS + 1 + NONCE_DIGITS)
}

function nameIn(id: string): string | undefined {
  return LOG_ID.exec(id)?.[1]
}

function timeText(at: number): string {
  let text = ''
  for (let rest = at; text.length < TIME_DIGITS; rest = Math.floor(rest / 32)) text = (ALPHABET[rest % 32] ?? '') + text
  return text
}
