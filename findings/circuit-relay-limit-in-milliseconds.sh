#!/usr/bin/env bash
# @libp2p/circuit-relay-v2 4.2.13: a relay tells the time limit of relayed connections in milliseconds, where the protocol has seconds.
#
# Seen: a relay with its defaults, which ends a relayed connection after two minutes, answers RESERVE with limit.duration = 120000. A client in
# Go reads 33 hours and 20 minutes. The client in JavaScript multiplies by 1,000, as if it were seconds, so two of them do not agree either.
# Expected (circuit relay v2, "message Limit"): "uint32 duration = 1; // seconds", so 120.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
echo '{"private":true,"type":"module"}' > package.json
npm install --silent --no-audit --no-fund node@24.21.0 libp2p@3.3.11 @libp2p/circuit-relay-v2@4.2.13 @libp2p/identify@4.1.14 @libp2p/tcp@11.0.28 \
  @libp2p/noise@17.0.3 @libp2p/yamux@8.0.3 @libp2p/utils@7.4.1
cat > limit.mjs <<'JS'
import { circuitRelayServer } from '@libp2p/circuit-relay-v2'
import { identify } from '@libp2p/identify'
import { noise } from '@libp2p/noise'
import { tcp } from '@libp2p/tcp'
import { lpStream } from '@libp2p/utils'
import { yamux } from '@libp2p/yamux'
import { createLibp2p } from 'libp2p'

const common = { transports: [tcp()], connectionEncrypters: [noise()], streamMuxers: [yamux()] }
const relay = await createLibp2p({
  ...common,
  addresses: { listen: ['/ip4/127.0.0.1/tcp/0'] },
  services: { identify: identify(), relay: circuitRelayServer() },
})
const client = await createLibp2p({ ...common, services: { identify: identify() } })
const connection = await client.dial(relay.getMultiaddrs())
const frames = lpStream(await connection.newStream('/libp2p/circuit/relay/0.2.0/hop'))
await frames.write(Uint8Array.of(0x08, 0x00)) // HopMessage { type: RESERVE }
const fields = decode((await frames.read()).subarray())
console.log('status', fields.get(5)) // 100 is OK
console.log('limit.duration', decode(fields.get(4)).get(1))
await Promise.all([client.stop(), relay.stop()])

/** The last value of each field of a protobuf message: numbers and bytes. */
function decode(bytes) {
  const fields = new Map()
  let at = 0
  const varint = () => {
    let value = 0
    for (let shift = 1; ; shift *= 128) {
      const byte = bytes[at++]
      value += (byte & 0x7f) * shift
      if (byte < 0x80) return value
    }
  }
  while (at < bytes.length) {
    const tag = varint()
    const value = varint()
    if ((tag & 7) === 2) fields.set(tag >> 3, bytes.subarray(at, (at += value)))
    else fields.set(tag >> 3, value)
  }
  return fields
}
JS
npx node limit.mjs | tee seen.txt
diff seen.txt - <<'SEEN'
status 100
limit.duration 120000
SEEN
