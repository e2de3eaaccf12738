#!/usr/bin/env bash
# helia 7.1.15 with @helia/http 4.0.7: a node whose only routers are gateways to fall back to waits for ever, and asks none of them.
#
# Seen: `findProviders` first asks the routers that are none to fall back to. Where there are none, nothing ever ends the queue that it waits for, so the
# gateways after them are never reached, and `blockstore.get` neither gives a block nor fails. No request leaves the machine.
# Expected: that a gateway which is the only router is asked.
# So: a router that does not say `fallback` is asked first, and gives the block.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
echo '{"private":true,"type":"module"}' > package.json
npm install --silent --no-audit --no-fund helia@7.1.15 @helia/http@4.0.7 @helia/fallback-router@1.1.1 multiformats
cat > ask.mjs <<'JS'
import { createServer } from 'node:http'
import { fallbackRouter } from '@helia/fallback-router'
import { withHTTP } from '@helia/http'
import { createHeliaLight } from 'helia'
import { CID } from 'multiformats/cid'
import * as raw from 'multiformats/codecs/raw'
import { sha256 } from 'multiformats/hashes/sha2'

const bytes = new TextEncoder().encode('hello')
const cid = CID.createV1(raw.code, await sha256.digest(bytes))
let requests = 0
const server = createServer((_request, response) => {
  requests++
  response.end(bytes)
}).listen(0, '127.0.0.1')
await new Promise((listening) => server.once('listening', listening))
const url = `http://127.0.0.1:${server.address().port}`

/** What became of one block within ten seconds. */
async function ask(isFallback) {
  const helia = withHTTP(createHeliaLight(), { delegatedRouters: [], recursiveGateways: [], allowInsecure: true, allowLocal: true })
  const gateway = fallbackRouter({ gateways: [url] })
  if (!isFallback) gateway.capabilities = () => ['findProviders']
  helia.addRouter(gateway)
  await helia.start()
  requests = 0
  const got = (async () => {
    for await (const part of helia.blockstore.get(cid)) return `${part.length} bytes`
  })().catch((error) => error.message)
  const outcome = await Promise.race([got, new Promise((late) => setTimeout(late, 10_000, 'nothing for ten seconds'))])
  return `${outcome}, ${requests} requests`
}
console.log('as a gateway to fall back to:', await ask(true))
console.log('as any other router:', await ask(false))
process.exit(0)
JS
node ask.mjs
