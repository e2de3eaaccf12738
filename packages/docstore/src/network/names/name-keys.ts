import { toHex } from '@p2p-docstore/core'

/** Prefixes of the values in which is kept what was said about each name, which names look alike (by their skeletons), and who claimed which. */
export const ABOUT = 'name/'
export const ALIKE = 'name-alike/'

/** That of the names that a person, by their digest, ever claimed. */
export function claimedByPrefix(person: Uint8Array): string {
  return `name-of/${toHex(person)}/`
}
