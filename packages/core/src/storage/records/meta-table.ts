import { bytes, bytesOrUndefined } from '../rows.ts'
import type { Room } from '../space/room.ts'
import type { Statements } from '../statements.ts'

/** Largest small value of a peer that a full store takes too, bytes: keys, addresses, how far others have come. There are few of them. */
const MAX_RESERVED_META_BYTES: number = 64 * 1024

/** Key that is there while free pages may hold what was removed of files. */
export const UNWIPED = 'unwiped'

/** Small values of a peer by name. */
export class MetaTable {
  readonly #statements: Statements
  readonly #room: Pick<Room, 'withReserve' | 'growing'>

  constructor(statements: Statements, room: Pick<Room, 'withReserve' | 'growing'>) {
    this.#statements = statements
    this.#room = room
  }

  get(key: string): Uint8Array | undefined {
    return bytesOrUndefined(this.#statements.own('SELECT value FROM meta WHERE key = ?').get(key)?.['value'])
  }

  /** All whose names begin so, in the order of names. */
  list(prefix: string): (readonly [key: string, value: Uint8Array])[] {
    // SQLite compares UTF-8, where no character comes after this one.
    const rows = this.#statements.own('SELECT key, value FROM meta WHERE key >= ? AND key < ? ORDER BY key').all(prefix, `${prefix}\u{10ffff}`)
    return rows.map((row) => [String(row['key']), bytes(row['value'])] as const)
  }

  set(key: string, value: Uint8Array | undefined): void {
    const isSmall = value === undefined || value.length <= MAX_RESERVED_META_BYTES
    if (isSmall) this.#room.withReserve(() => this.write(key, value))
    else this.#room.growing(() => this.write(key, value))
  }

  /** The same inside a transaction. */
  write(key: string, value: Uint8Array | undefined): void {
    if (value === undefined) this.#statements.own('DELETE FROM meta WHERE key = ?').run(key)
    else this.#statements.own('INSERT INTO meta (key, value) VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value').run(key, value)
  }
}
