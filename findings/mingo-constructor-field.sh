#!/usr/bin/env bash
# mingo 7.2.7: a document with a field called "constructor" makes some queries throw, although they do not ask for that field.
#
# Seen: `{ a: { $in: [1] } }` on { a: { constructor: 0 } } throws a TypeError about reading 'length'; the same with { a: { other: 0 } } is false.
# One such document among many ends the whole query. Expected: false, as for every other name; MongoDB has no reserved names of this kind.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
echo '{"private":true,"type":"module"}' > package.json
npm install --silent --no-audit --no-fund mingo@7.2.7
cat > ask.mjs <<'JS'
import { Query } from 'mingo'
for (const document of [{ a: { other: 0 } }, { a: { constructor: 0 } }]) {
  let answer
  try {
    answer = new Query({ a: { $in: [1] } }).test(document)
  } catch (error) {
    answer = `${error.name}: ${error.message}`
  }
  console.log(JSON.stringify(document), answer)
}
JS
node ask.mjs | tee seen.txt
diff <(sed "s/ (.*//" seen.txt) - <<'SEEN'
{"a":{"other":0}} false
{"a":{"constructor":0}} TypeError: Cannot read properties of undefined
SEEN
