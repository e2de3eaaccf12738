#!/usr/bin/env bash
# pouchdb-find 9.0.0: a query with an exclusive bound on an indexed field returns fewer documents than its limit although more match.
#
# Seen: ten documents n = 0…9, an index on n. `{ n: { $gt: 2 } }, sort: ['n'], limit: 3` gives 3 and 4 only; with `$gte: 3` it gives 3, 4 and 5.
# With limit 1 it gives nothing at all. The same at the other end, `$lt` in falling order. The bound itself is read inclusively with the
# limit, and dropped afterwards. Who takes a short page for the last one misses the rest.
# Expected (CouchDB's documentation of /db/_find, "limit"): the maximum number of results returned, of those that match the selector.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
echo '{"private":true,"type":"module"}' > package.json
npm install --silent --no-audit --no-fund pouchdb-core@9.0.0 pouchdb-find@9.0.0 pouchdb-adapter-memory@9.0.0
cat > page.mjs <<'JS'
import PouchDB from 'pouchdb-core'
import find from 'pouchdb-find'
import memory from 'pouchdb-adapter-memory'

PouchDB.plugin(find).plugin(memory)
const database = new PouchDB('numbers', { adapter: 'memory' })
await database.bulkDocs(Array.from({ length: 10 }, (_, n) => ({ _id: String(n), n })))
await database.createIndex({ index: { fields: ['n'] } })
const page = async (selector, sort, limit) => (await database.find({ selector, sort, limit })).docs.map(({ n }) => n).join()
console.log('$gt  2, limit 3:', await page({ n: { $gt: 2 } }, ['n'], 3))
console.log('$gte 3, limit 3:', await page({ n: { $gte: 3 } }, ['n'], 3))
console.log('$gt  2, limit 1:', await page({ n: { $gt: 2 } }, ['n'], 1))
console.log('$lt  5, limit 3, falling:', await page({ n: { $lt: 5 } }, [{ n: 'desc' }], 3))
JS
node page.mjs | tee seen.txt
diff seen.txt - <<'SEEN'
$gt  2, limit 3: 3,4
$gte 3, limit 3: 3,4,5
$gt  2, limit 1: 
$lt  5, limit 3, falling: 4,3
SEEN
