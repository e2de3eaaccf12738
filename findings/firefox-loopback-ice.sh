#!/usr/bin/env bash
# Firefox 153.8 ESR: ICE sends nothing to a candidate on 127.0.0.1, and the preference that is named for it changes nothing alone.
#
# Seen: a page offers a data channel and is answered with one host candidate, 127.0.0.1 and the port of a UDP socket that counts what comes.
# With the preferences that everybody has: no packet, and the connection fails. With `media.peerconnection.ice.loopback` set: the same. Only with the
# permissions for camera and microphone granted as well (`permissions.default.camera` and `…microphone` = 1) STUN requests arrive. Chromium 156
# sends them at once. So WebRTC-direct to a peer on the same machine takes Firefox its whole time limit, however the peer behaves.
# Expected: the preference does what it says ("media.peerconnection.ice.loopback", Firefox's StaticPrefList), as it does not touch permissions.
#
# Needs Firefox and Chromium: FIREFOX_PATH and CHROMIUM_PATH, or Debian's.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
echo '{"private":true,"type":"module"}' > package.json
npm install --silent --no-audit --no-fund puppeteer-core@24.43.1
cat > ice.mjs <<'JS'
import { createSocket } from 'node:dgram'
import { createServer } from 'node:http'
import puppeteer from 'puppeteer-core'

const page = createServer((_request, response) => response.end('a page')).listen(0, '127.0.0.1')
const listening = createSocket('udp4').bind(0, '127.0.0.1')
let packets = 0
listening.on('message', () => packets++)
await Promise.all([page, listening].map((one) => new Promise((resolve) => one.once('listening', resolve))))

/** Runs in the page: offers a data channel, makes up the answer, and resolves with how ICE ends, or once it has had time to ask. */
const connect = async (port) => {
  const connection = new RTCPeerConnection()
  connection.createDataChannel('data')
  await connection.setLocalDescription(await connection.createOffer())
  const fingerprint = /a=fingerprint:\S+ (\S+)/.exec(connection.localDescription.sdp)[1]
  const lines = ['v=0', 'o=- 0 0 IN IP4 127.0.0.1', 's=-', 't=0 0', 'a=group:BUNDLE 0', 'a=ice-lite', `m=application ${port} UDP/DTLS/SCTP webrtc-datachannel`]
  lines.push('c=IN IP4 127.0.0.1', 'a=mid:0', 'a=ice-ufrag:abcdefgh', 'a=ice-pwd:abcdefghijklmnopqrstuvwx', `a=fingerprint:sha-256 ${fingerprint}`)
  lines.push('a=setup:passive', 'a=sctp-port:5000', `a=candidate:1 1 UDP 2130706431 127.0.0.1 ${port} typ host`, 'a=end-of-candidates')
  await connection.setRemoteDescription({ type: 'answer', sdp: `${lines.join('\r\n')}\r\n` })
  const failed = new Promise((resolve) => {
    connection.oniceconnectionstatechange = () => connection.iceConnectionState === 'failed' && resolve()
  })
  await Promise.race([failed, new Promise((resolve) => setTimeout(resolve, 15_000))])
  connection.close()
}

const ask = async (name, options) => {
  const browser = await puppeteer.launch({ headless: true, ...options })
  const tab = await browser.newPage()
  await tab.goto(`http://127.0.0.1:${page.address().port}/`)
  packets = 0
  await tab.evaluate(connect, listening.address().port)
  console.log(`${name}: ${packets === 0 ? 'no packet' : 'STUN requests'}`)
  await browser.close()
}
const firefox = { browser: 'firefox', executablePath: process.env.FIREFOX_PATH ?? '/usr/bin/firefox-esr' }
const chromium = { browser: 'chrome', executablePath: process.env.CHROMIUM_PATH ?? '/usr/bin/chromium', args: ['--no-sandbox'] }
const loopback = { 'media.peerconnection.ice.loopback': true }
const permissions = { 'permissions.default.camera': 1, 'permissions.default.microphone': 1 }
await ask('Chromium', chromium)
await ask('Firefox', firefox)
await ask('Firefox, ice.loopback', { ...firefox, extraPrefsFirefox: loopback })
await ask('Firefox, ice.loopback and permissions', { ...firefox, extraPrefsFirefox: { ...loopback, ...permissions } })
page.close()
listening.close()
JS
node ice.mjs | tee seen.txt
diff seen.txt - <<'SEEN'
Chromium: STUN requests
Firefox: no packet
Firefox, ice.loopback: no packet
Firefox, ice.loopback and permissions: STUN requests
SEEN
