import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { firstLine, readyOf, runNode, startRelayCommand } from './relay-command.ts'

// Starts a relay and stops it by a signal, again and again, and counts how it ended: at once after it said that it is ready and a second
// later, each with nobody and with a peer connected over WebRTC-direct. `npm run soak:stops` for 400 stops, `-- --stops 40` for some.

/** Longest that a relay may take to stop, milliseconds. */
const STOP_MS = 30_000
/** Relays that run at a time. */
const AT_ONCE = 2

const CASES = [
  { name: 'at once, nobody there', waitMs: 0, hasPeer: false },
  { name: 'after 1 s, nobody there', waitMs: 1000, hasPeer: false },
  { name: 'at once, a peer over WebRTC', waitMs: 0, hasPeer: true },
  { name: 'after 1 s, a peer over WebRTC', waitMs: 1000, hasPeer: true },
] as const

type Case = (typeof CASES)[number]

const { values } = parseArgs({ options: { stops: { type: 'string', default: '400' }, json: { type: 'boolean', default: false } } })
const stops = Number(values.stops)
const PEER = fileURLToPath(new URL('web-rtc-peer.ts', import.meta.url))

/** One relay's life: how it ended, and what it said besides. */
async function stopOnce(data: string, { waitMs, hasPeer }: Case): Promise<{ ending: string; stderr: string }> {
  const relay = startRelayCommand(data)
  let stderr = ''
  relay.stderr?.on('data', (chunk: Buffer) => (stderr = (stderr + chunk.toString()).slice(-2000)))
  const ended = once(relay, 'exit')
  let peer: ChildProcess | undefined
  let note = ''
  try {
    const ready = await readyOf(relay)
    if (hasPeer) {
      peer = runNode([
        '--conditions=@p2p-docstore/source',
        PEER,
        ready.join,
        ready.addresses.find((address) => address.includes('/webrtc-direct/')) ?? '',
      ])
      await firstLine(peer).catch(() => (note = ', its peer did not come'))
    }
    await sleep(waitMs)
    relay.kill('SIGTERM')
    const timer = setTimeout(() => relay.kill('SIGKILL'), STOP_MS)
    const [code, signal] = (await ended) as [number | null, NodeJS.Signals | null]
    clearTimeout(timer)
    if (stderr.includes('DOCSTORE_UDP_PORT')) note += ', its UDP port stayed bound'
    return { ending: `${signal ?? code}${note}`, stderr }
  } finally {
    for (const child of [relay, peer]) child?.kill('SIGKILL')
  }
}

const folder = mkdtempSync(join(tmpdir(), 'docstore-stops-'))
const began = performance.now()
const counts = new Map<Case, Map<string, number>>(CASES.map((one) => [one, new Map()]))
let next = 0
/** Stops one after the other; each line has a folder of its own, which is new for every tenth relay. */
async function line(number: number): Promise<void> {
  for (let stop = next++; stop < stops; stop = next++) {
    const one = CASES[stop % CASES.length] ?? CASES[0]
    const { ending, stderr } = await stopOnce(join(folder, `${number}-${Math.floor(stop / 10)}`), one)
    const endings = counts.get(one)
    endings?.set(ending, (endings.get(ending) ?? 0) + 1)
    if (ending !== '0') console.error(`stop ${stop}, ${one.name}: ${ending} ${stderr.trim()}`)
  }
}
try {
  await Promise.all(Array.from({ length: AT_ONCE }, (_, number) => line(number)))
} finally {
  rmSync(folder, { recursive: true, force: true })
}
const byCase = Object.fromEntries([...counts].map(([{ name }, endings]) => [name, Object.fromEntries(endings)]))
const isClean = [...counts.values()].every((endings) => [...endings.keys()].every((ending) => ending === '0'))
const seconds = Math.round((performance.now() - began) / 1000)
if (values.json) console.log(JSON.stringify({ stops, seconds, endings: byCase }))
else {
  for (const [name, endings] of Object.entries(byCase))
    console.log(
      `${name}: ${Object.entries(endings)
        .map(([ending, count]) => `${count} × ${ending}`)
        .join(', ')}`,
    )
  console.log(`${stops} stops in ${seconds} s: ${isClean ? 'every one with exit code 0' : 'not all with exit code 0'}`)
}
if (!isClean) process.exitCode = 1
