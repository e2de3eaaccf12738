#!/usr/bin/env bash
# @libp2p/webrtc 6.0.33 with node-datachannel 0.33.4 (libdatachannel 0.24.5): a WebRTC-direct listener that was closed often keeps its UDP port.
#
# Seen: of ten listeners, each on a port of its own and closed, all ten still have it a second later (in other programs about half), though close() has
# resolved and no peer was ever there. Another listener on that port fails ("Failed to register ICE UDP mux listener"), also in the same process, until the
# process ends. Expected: none. The native listener's flag "stopped" is never given a first value, so it depends on the memory that the listener gets.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
echo '{"private":true,"type":"module","overrides":{"react-native-webrtc":"npm:empty-npm-package@1.0.0"}}' > package.json
npm install --silent --no-audit --no-fund libp2p@3.3.11 @libp2p/webrtc@6.0.33 @libp2p/noise@17.0.3 node-datachannel@0.33.4
cat > ask.mjs <<'JS'
import { createSocket } from 'node:dgram'
import { noise } from '@libp2p/noise'
import { webRTCDirect } from '@libp2p/webrtc'
import { createLibp2p } from 'libp2p'

/** Binds a UDP port and lets it go; resolves with the port, or nothing where it is taken. */
const bind = (port) =>
  new Promise((resolve) => {
    const socket = createSocket('udp4')
    socket.once('error', () => socket.close(() => resolve()))
    socket.bind(port, '127.0.0.1', () => {
      const bound = socket.address().port
      socket.close(() => resolve(bound))
    })
  })

let kept = 0
for (let n = 0; n < 10; n++) {
  const port = await bind(0)
  const node = await createLibp2p({
    addresses: { listen: [`/ip4/127.0.0.1/udp/${port}/webrtc-direct`] },
    transports: [webRTCDirect()],
    connectionEncrypters: [noise()],
  })
  await node.stop()
  await new Promise((resolve) => setTimeout(resolve, 1000))
  if ((await bind(port)) === undefined) kept++
}
console.error(`${kept} of 10 listeners kept their port`)
console.log(kept > 0 ? 'ports are kept' : 'no port is kept')
process.exit(0)
JS
node ask.mjs | tee seen.txt
diff seen.txt <(echo 'ports are kept')
