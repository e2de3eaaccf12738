#!/usr/bin/env bash
# @welshman/net 0.8.15: comparing sets with a relay (NIP-77: `Negentropy`, and with it `diff` and `pull`) fails in Node, and works where there is a
# global `window`.
#
# Seen: `initiate()` of a set of a hundred events rejects with "crypto.createHash is not a function". Without a `window` the package takes the global
# `crypto` for Node's module `node:crypto`; in an ES module it is Web Crypto, which has no `createHash`. With `globalThis.window` set to anything before the
# object is made, the same set gives its opening message.
# Expected: the same message in both, as the packages for browsers and Node are one.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
echo '{"private":true,"type":"module"}' > package.json
npm install --silent --no-audit --no-fund node@24.21.0 @welshman/net@0.8.15
cat > compare.mjs <<'JS'
import { Negentropy, NegentropyStorageVector } from '@welshman/net'

async function opening() {
  const set = new NegentropyStorageVector()
  for (let n = 0; n < 100; n++) set.insert(1_767_225_600 + n, n.toString(16).padStart(64, '0'))
  set.seal()
  try {
    return `an opening message of ${(await new Negentropy(set, 50_000).initiate()).length} characters`
  } catch (error) {
    return error.message
  }
}
console.log('in Node:', await opening())
globalThis.window = {}
console.log('with a window:', await opening())
JS
seen=$(npx node compare.mjs)
echo "$seen"
grep -q '^in Node: crypto.createHash is not a function$' <<< "$seen"
grep -qE '^with a window: an opening message of [0-9]+ characters$' <<< "$seen"
