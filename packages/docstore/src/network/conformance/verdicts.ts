/** The peer does not keep the rule. */
export class Unmet extends Error {
  override readonly name = 'Unmet'
}

/** The rule could not be looked at. */
export class NotTried extends Error {
  override readonly name = 'NotTried'
}

/** Throws `Unmet` with what was seen, unless it is as it should be. */
export function must(isMet: boolean, seen: string): asserts isMet {
  if (!isMet) throw new Unmet(seen)
}
