#!/usr/bin/env bash
# Node 24.21.0: a small Buffer keeps a slab of 64 KiB in memory, eight times as much as in Node 22.
#
# Seen: Buffer.from('abc').buffer.byteLength is 65536 (Buffer.poolSize), where it was 8192 in Node 22.12. Documented as a default that can be set, not that it
# grew. Of each libp2p connection a few small buffers stay for long (ids, addresses), each cut from another slab: a relay with 200 clients held 46 KB a
# client in array buffers, and 22 with `Buffer.poolSize = 8192`.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
echo '{"private":true}' > package.json
npm install --silent --no-audit --no-fund node@24.21.0
./node_modules/.bin/node -e '
console.log(Buffer.poolSize, Buffer.from("abc").buffer.byteLength)
Buffer.poolSize = 8192
while (Buffer.from("abc").buffer.byteLength !== 8192);
console.log(Buffer.poolSize, Buffer.from("abc").buffer.byteLength)
' | tee seen.txt
diff seen.txt - <<'SEEN'
65536 65536
8192 8192
SEEN
