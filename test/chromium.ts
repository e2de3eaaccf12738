/** How tests start Chromium, in which relays and peers of the same machine are to be reached. */
export const CHROMIUM = {
  executablePath: process.env['CHROMIUM_PATH'] ?? '/usr/bin/chromium',
  // There is no graphics card to draw with: to do as if there were one took a sixth of the time of each start.
  args: ['--no-sandbox', '--disable-gpu', '--disable-features=WebRtcHideLocalIpsWithMdns'],
}
