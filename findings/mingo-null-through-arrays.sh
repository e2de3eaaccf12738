#!/usr/bin/env bash
# mingo 7.2.7: a path that leads through an array does not find null or missing as MongoDB does.
#
# Seen: `{ 'a.b': null }` does not match { a: [{}] }, nor { a: [{ b: 1 }, {}] } where an element lacks the field, and matches nothing where MongoDB
# matches; `{ a: { $gte: null } }` and `{ a: { $all: [null] } }` do not match {} either, although `{ a: null }` does.
# Expected (MongoDB's jstests/core/query/null_query_semantics.js, "a_object_array_some_b_missing"; manual, "Query for Null or Missing Fields"): an
# object in the array that lacks the field is null or missing, and comparisons with null by $gte, $lte and $all equal those by $eq.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
echo '{"private":true,"type":"module"}' > package.json
npm install --silent --no-audit --no-fund mingo@7.2.7
cat > ask.mjs <<'JS'
import { Query } from 'mingo'
const ask = (filter, document) => console.log(JSON.stringify(filter), JSON.stringify(document), new Query(filter).test(document))
ask({ 'a.b': null }, { a: {} })
ask({ 'a.b': null }, { a: [{}] })
ask({ 'a.b': null }, { a: [{ b: 1 }, {}] })
ask({ a: null }, {})
ask({ a: { $gte: null } }, {})
ask({ a: { $all: [null] } }, {})
JS
node ask.mjs | tee seen.txt
diff seen.txt - <<'SEEN'
{"a.b":null} {"a":{}} true
{"a.b":null} {"a":[{}]} false
{"a.b":null} {"a":[{"b":1},{}]} false
{"a":null} {} true
{"a":{"$gte":null}} {} false
{"a":{"$all":[null]}} {} false
SEEN
