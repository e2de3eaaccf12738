#!/usr/bin/env bash
# @libp2p/identify 4.1.14: an identify message without `publicKey` is refused, although the field is optional and the key is known already.
#
# Seen: a peer answers identify with its protocols and no key. `identify()` fails with "Public key was missing from identify message", so that
# libp2p never learns what that peer speaks. With the key in the message it works. Other implementations take the peer at the other end of the
# connection, whose key the handshake has proven (its ed25519 key is in the peer id too).
# Expected (identify, "The Identify Message"): "optional bytes publicKey = 1".
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
echo '{"private":true,"type":"module"}' > package.json
npm install --silent --no-audit --no-fund node@24.21.0 libp2p@3.3.11 @libp2p/crypto@5.1.23 @libp2p/identify@4.1.14 @libp2p/tcp@11.0.28 @libp2p/noise@17.0.3 \
  @libp2p/yamux@8.0.3 @libp2p/utils@7.4.1
cat > identify.mjs <<'JS'
import { publicKeyToProtobuf } from '@libp2p/crypto/keys'
import { identify } from '@libp2p/identify'
import { noise } from '@libp2p/noise'
import { tcp } from '@libp2p/tcp'
import { lpStream } from '@libp2p/utils'
import { yamux } from '@libp2p/yamux'
import { createLibp2p } from 'libp2p'

const common = { transports: [tcp()], connectionEncrypters: [noise()], streamMuxers: [yamux()] }
const asking = await createLibp2p({ ...common, services: { identify: identify({ runOnConnectionOpen: false }) } })

const field = (number, bytes) => Uint8Array.of((number << 3) | 2, bytes.length, ...bytes)
const protocols = field(3, new TextEncoder().encode('/notes/1'))
for (const withKey of [false, true]) {
  const other = await createLibp2p({ ...common, addresses: { listen: ['/ip4/127.0.0.1/tcp/0'] } })
  const key = withKey ? field(1, publicKeyToProtobuf(other.peerId.publicKey)) : []
  await other.handle('/ipfs/id/1.0.0', async (stream) => {
    await lpStream(stream).write(Uint8Array.of(...key, ...protocols))
    await stream.close()
  })
  const connection = await asking.dial(other.getMultiaddrs())
  const found = await asking.services.identify.identify(connection).then(({ protocols }) => protocols.join(), ({ message }) => message)
  console.log(withKey ? 'with the key:' : 'without it:', found)
  await other.stop()
}
await asking.stop()
JS
npx node identify.mjs | tee seen.txt
diff seen.txt - <<'SEEN'
without it: Public key was missing from identify message
with the key: /notes/1
SEEN
