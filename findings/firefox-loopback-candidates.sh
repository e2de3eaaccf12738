#!/usr/bin/env bash
# Firefox ESR 153.8: WebRTC never reaches a peer on the same machine at 127.0.0.1 with the preferences that everybody has.
#
# Seen: a page and node-datachannel 0.33.4, which has 127.0.0.1 as its one candidate. ICE ends as `failed`. With `media.peerconnection.ice.loopback` alone
# the same; with camera and microphone allowed besides, `connected`. Chromium 156 connects with its defaults. So a page from http://127.0.0.1 that talks to a
# program beside it over WebRTC works in one browser only; over WebSocket in both.
# Expected (RFC 8445, 5.1.1.1): addresses of a loopback interface must not be among the candidates that an agent gathers, but nothing forbids checks to one that the
# other side names.
set -euo pipefail
[ -x /usr/bin/firefox-esr ] || { echo 'There is no /usr/bin/firefox-esr here: skipped'; exit 0; }
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
echo '{"private":true,"type":"module"}' > package.json
npm install --silent --no-audit --no-fund puppeteer-core@24.43.1 node-datachannel@0.33.4
cat > loopback.mjs <<'JS'
import nodeDataChannel from 'node-datachannel'
import puppeteer from 'puppeteer-core'

const LOOPBACK = { 'media.peerconnection.ice.loopback': true }
const CAMERA = { 'permissions.default.camera': 1, 'permissions.default.microphone': 1 }

async function reach(extraPrefsFirefox) {
  const browser = await puppeteer.launch({ browser: 'firefox', executablePath: '/usr/bin/firefox-esr', extraPrefsFirefox })
  const peer = new nodeDataChannel.PeerConnection('peer', { iceServers: [], bindAddress: '127.0.0.1' })
  try {
    const page = await browser.newPage()
    const offer = await page.evaluate(async () => {
      globalThis.pc = new RTCPeerConnection()
      pc.createDataChannel('one')
      await pc.setLocalDescription(await pc.createOffer())
      return pc.localDescription.sdp
    })
    const answer = new Promise((resolve) =>
      peer.onGatheringStateChange((state) => state === 'complete' && resolve(peer.localDescription().sdp)),
    )
    peer.setRemoteDescription(offer, 'offer')
    const sdp = (await answer).replace(/^a=candidate:(?!.* 127\.0\.0\.1 ).*\r\n/gm, '')
    return await page.evaluate(
      (sdp) =>
        new Promise((resolve) => {
          const look = () => ['connected', 'completed', 'failed'].includes(pc.iceConnectionState) && resolve(pc.iceConnectionState)
          pc.oniceconnectionstatechange = look
          void pc.setRemoteDescription({ type: 'answer', sdp }).then(look)
        }),
      sdp,
    )
  } finally {
    peer.close()
    await browser.close()
  }
}

console.log('defaults:', await reach({}))
console.log('loopback:', await reach(LOOPBACK))
console.log('loopback, camera and microphone:', await reach({ ...LOOPBACK, ...CAMERA }))
nodeDataChannel.cleanup()
JS
node loopback.mjs | tee seen.txt
diff seen.txt - <<'SEEN'
defaults: failed
loopback: failed
loopback, camera and microphone: connected
SEEN
