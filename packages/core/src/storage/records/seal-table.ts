import type { Seal } from '../../model/seal.ts'
import type { AuthorTable } from './author-table.ts'
import { bytes } from '../rows.ts'
import type { Statements } from '../statements.ts'

/** Seals, each with the number of records that stand under it. A seal goes with the last of them. */
export class SealTable {
  readonly #statements: Statements
  readonly #authors: AuthorTable

  constructor(statements: Statements, authors: AuthorTable) {
    this.#statements = statements
    this.#authors = authors
  }

  get(seal: number): Seal | undefined {
    const row = this.#statements
      .own('SELECT a.key AS by, s.hashes, s.signature FROM seals s JOIN authors a ON a.author = s.author WHERE s.seal = ?')
      .get(seal)
    return row && { by: bytes(row['by']), hashes: bytes(row['hashes']), signature: bytes(row['signature']) }
  }

  /** Adds a seal that `live` records stand under, and gives its number. */
  add({ by, hashes, signature }: Seal, live: number): number {
    const row = this.#statements
      .own('INSERT INTO seals (author, hashes, signature, live) VALUES (?, ?, ?, ?) RETURNING seal')
      .get(this.#authors.number(by), hashes, signature, live)
    return Number(row?.['seal'])
  }

  /** Tells a seal that `count` records less stand under it. */
  release(seal: number, count = 1): void {
    this.#statements.own('UPDATE seals SET live = live - ? WHERE seal = ?').run(count, seal)
    this.#statements.own('DELETE FROM seals WHERE seal = ? AND live <= 0').run(seal)
  }
}
