#!/usr/bin/env bash
# node:sqlite of Node 24.21.0: `backup()` rejects with "not an error" when the connection that it copies writes meanwhile.
#
# Seen: a write transaction on the same connection while the backup is on its way ends it with ERR_SQLITE_ERROR, errcode 0, "not an error".
# Expected: SQLite's own sqlite3_backup_step says SQLITE_BUSY there, which is to be tried again, and takes in what the same connection writes.
# So: copy a second connection that only reads, inside a transaction of its own; that one is whole, whatever the first one writes.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
echo '{"private":true,"type":"module"}' > package.json
npm install --silent --no-audit --no-fund node@24.21.0
cat > ask.mjs <<'JS'
import { backup, DatabaseSync } from 'node:sqlite'
const writer = new DatabaseSync('a.db')
writer.exec('PRAGMA journal_mode = WAL; CREATE TABLE t (a INTEGER PRIMARY KEY, b TEXT)')
const insert = writer.prepare('INSERT INTO t (b) VALUES (?)')
const write = (rows) => {
  writer.exec('BEGIN')
  for (let n = 0; n < rows; n++) insert.run('x'.repeat(500))
  writer.exec('COMMIT')
}
write(20_000)

/** Copies a connection while the first one writes; what became of up to twenty tries. */
async function tryOn(connection, name) {
  for (let round = 0; round < 20; round++) {
    let outcome
    backup(connection, `${name}-${round}.db`, { rate: 100 }).then(
      () => (outcome = 'made'),
      ({ code, errcode, message }) => (outcome = `${code} ${errcode} ${message}`),
    )
    while (outcome === undefined) {
      write(50)
      await new Promise((done) => setImmediate(done))
    }
    if (outcome !== 'made') return outcome
  }
  return 'made'
}
console.log('connection that writes:', await tryOn(writer, 'own'))
const reader = new DatabaseSync('a.db', { readOnly: true })
reader.exec('BEGIN; SELECT count(*) FROM t')
console.log('connection that reads:', await tryOn(reader, 'other'))
JS
npx node --no-warnings ask.mjs | tee seen.txt
diff seen.txt - <<'SEEN'
connection that writes: ERR_SQLITE_ERROR 0 not an error
connection that reads: made
SEEN
