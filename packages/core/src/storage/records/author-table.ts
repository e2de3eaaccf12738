import { toHex } from '../../model/bytes.ts'
import type { Statements } from '../statements.ts'

/** Authors whose numbers are kept in memory. */
const MAX_AUTHORS = 4096

/** Numbers of authors: a record holds one instead of 34 bytes of key. */
export class AuthorTable {
  readonly #statements: Statements
  readonly #numbers = new Map<string, number>()
  #last: { readonly by: Uint8Array; readonly author: number } | undefined

  constructor(statements: Statements) {
    this.#statements = statements
  }

  /** The number of an author, a new one where the author is new. Call inside a transaction. */
  number(by: Uint8Array): number {
    // Most writes of a transaction share one author, even the object.
    if (this.#last?.by === by) return this.#last.author
    const hex = toHex(by)
    let author = this.#numbers.get(hex)
    if (author === undefined) {
      this.#statements.own('INSERT INTO authors (key) VALUES (?) ON CONFLICT DO NOTHING').run(by)
      author = Number(this.#statements.own('SELECT author FROM authors WHERE key = ?').get(by)?.['author'])
      if (this.#numbers.size >= MAX_AUTHORS) this.#numbers.clear()
      this.#numbers.set(hex, author)
    }
    this.#last = { by, author }
    return author
  }

  isKnown(by: Uint8Array): boolean {
    return this.#statements.own('SELECT 1 FROM authors WHERE key = ?').get(by) !== undefined
  }

  /** Forgets the numbers that a rolled-back transaction gave out. */
  rolledBack(): void {
    this.#numbers.clear()
    this.#last = undefined
  }
}
