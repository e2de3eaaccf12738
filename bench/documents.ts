/** The documents of every benchmark: 300 bytes as JSON, 100 authors, numbered. */
export type BenchDocument = {
  readonly _id: string
  readonly title: string
  readonly body: string
  readonly author: string
  readonly tags: readonly string[]
  readonly n: number
}

const LETTERS = 'abcdefghijklmnopqrstuvwxyz '

/** Document `i`, always the same. `authors` decides how many share one. Strings are flat, as they are after `JSON.parse`. */
export function benchDocument(i: number, authors = 100): BenchDocument {
  const body = new Uint8Array(180)
  for (let k = 0, state = i * 2_654_435_761 + 1; k < body.length; k++) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    body[k] = LETTERS.charCodeAt((state >>> 16) % LETTERS.length)
  }
  return {
    _id: `doc-${String(i).padStart(7, '0')}`,
    title: `Document number ${i}`,
    body: new TextDecoder().decode(body),
    author: `author-${i % authors}`,
    tags: [`tag-${i % 7}`, `tag-${i % 11}`],
    n: i,
  }
}
