#!/usr/bin/env bash
# @libp2p/gossipsub 17.1.1: the id of a message is not made of its fields `from` and `seqno`, so peers in other languages give the same message another.
#
# Seen: by default the id is the publisher's public key as protobuf, then the number of the message (44 bytes). Go's library has by default the
# publisher's peer id as it stands in the field `from`, then the number (46 bytes). Ids are sent in IHAVE, IWANT and
# IDONTWANT: between both, what is announced always looks new and is sent again, and IDONTWANT stops nothing.
# Expected (libp2p's specification of pubsub, "The Message"): the id of a message is its fields `from` and `seqno` one after the other.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
echo '{"private":true,"type":"module"}' > package.json
npm install --silent --no-audit --no-fund node@24.21.0 libp2p@3.3.11 @libp2p/crypto@5.1.23 @libp2p/gossipsub@17.1.1 @libp2p/identify@4.1.14 @libp2p/tcp@11.0.28 \
  @libp2p/noise@17.0.3 @libp2p/yamux@8.0.3
cat > id.mjs <<'JS'
import { publicKeyToProtobuf } from '@libp2p/crypto/keys'
import { gossipsub } from '@libp2p/gossipsub'
import { identify } from '@libp2p/identify'
import { noise } from '@libp2p/noise'
import { tcp } from '@libp2p/tcp'
import { yamux } from '@libp2p/yamux'
import { createLibp2p } from 'libp2p'

const start = (listen) =>
  createLibp2p({
    addresses: { listen },
    transports: [tcp()],
    connectionEncrypters: [noise()],
    streamMuxers: [yamux()],
    services: { identify: identify(), pubsub: gossipsub({ allowPublishToZeroTopicPeers: true }) },
  })
const [reader, writer] = [await start(['/ip4/127.0.0.1/tcp/0']), await start([])]
const arrived = new Promise((resolve) => reader.services.pubsub.addEventListener('gossipsub:message', ({ detail }) => resolve(detail), { once: true }))
reader.services.pubsub.subscribe('notes')
await writer.dial(reader.getMultiaddrs())
const again = setInterval(() => void writer.services.pubsub.publish('notes', new TextEncoder().encode('hi')), 200)
const { msgId, msg } = await arrived
clearInterval(again)
const hex = (bytes) => Buffer.from(bytes).toString('hex')
const number = msg.sequenceNumber.toString(16).padStart(16, '0')
const seen = hex(Buffer.from(msgId, 'base64'))
console.log('is from ‖ seqno:', seen === hex(writer.peerId.toMultihash().bytes) + number)
console.log('is key ‖ seqno:', seen === hex(publicKeyToProtobuf(writer.peerId.publicKey)) + number)
await Promise.all([reader.stop(), writer.stop()])
JS
timeout 60 npx node id.mjs | tee seen.txt
diff seen.txt - <<'SEEN'
is from ‖ seqno: false
is key ‖ seqno: true
SEEN
