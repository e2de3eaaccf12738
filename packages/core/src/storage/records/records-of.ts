import { AUTHOR_BYTES } from '../../model/keys/identity.ts'
import { PERSON_BYTES } from '../../model/people/author.ts'
import { pageOf } from '../reading/page.ts'
import { storedRecord } from '../rows.ts'
import { SEQ_SPAN } from '../schema.ts'
import type { Statements } from '../statements.ts'
import type { RecordsOf, StoredRecord } from '../storage.ts'
import { SELECT } from './record-table.ts'

/** Records by persons and keys, or with these hashes, between two positions. Looks at the authors of all in between: no index has them. */
export function recordsOf(statements: Statements, ns: number, { persons, hashes = [], since, to, limit }: RecordsOf): StoredRecord[] {
  const authors = persons.flatMap((one) => authorsOf(statements, one))
  if (authors.length + hashes.length === 0) return []
  const isOne = 'r.author IN (SELECT value FROM json_each(?))'
  const isNamed = hashes.length === 0 ? '' : ' OR lower(hex(r.hash)) IN (SELECT value FROM json_each(?))'
  const statement = statements.own(`${SELECT} WHERE r.rid > ? AND r.rid <= ? AND (${isOne}${isNamed}) ORDER BY r.rid LIMIT ?`)
  const names = hashes.length === 0 ? [] : [JSON.stringify(hashes)]
  return pageOf(statement, [ns * SEQ_SPAN + since, ns * SEQ_SPAN + to, JSON.stringify(authors), ...names, limit], limit).rows.map(storedRecord)
}

function authorsOf(statements: Statements, who: Uint8Array): readonly number[] {
  const rows =
    who.length === PERSON_BYTES
      ? statements
          .own('SELECT author FROM authors WHERE length(key) = ? AND substr(key, ?) = ?')
          .all(AUTHOR_BYTES + PERSON_BYTES, AUTHOR_BYTES + 1, who)
      : statements.own('SELECT author FROM authors WHERE key = ?').all(who)
  return rows.map(({ author }) => Number(author))
}
