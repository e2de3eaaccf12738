import { base32 } from 'multiformats/bases/base32'

/** Letters of a short id: of 1,000 persons of one name, two have the same one once in 2,000 networks. */
const LETTERS = 6
/** Between a name and a short id. Names have none. */
const DOT = '·'

/** Six letters that tell persons of one name apart; `digest` is that of the person's id. They prove nothing: whoever tries a billion keys finds the same ones. */
export function shortId(digest: Uint8Array): string {
  return base32.baseEncode(digest).slice(0, LETTERS)
}

/** A name with its short id: `alice·k7f3qp`. */
export function withShortId(name: string, digest: Uint8Array): string {
  return `${name}${DOT}${shortId(digest)}`
}

/** The two parts of what `withShortId` wrote; nothing where it is none. */
export function readShortId(text: string): { readonly name: string; readonly short: string } | undefined {
  const [name, short, ...more] = text.trim().split(DOT)
  if (name === undefined || short === undefined || more.length > 0 || name === '') return undefined
  return /^[a-z2-7]{6}$/i.test(short) ? { name, short: short.toLowerCase() } : undefined
}
