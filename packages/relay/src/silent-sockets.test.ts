import { mkdtempSync, rmSync } from 'node:fs'
import { connect, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createDocstore } from 'p2p-docstore'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Relay, startRelay } from './index.ts'

/** Sockets of one host that say nothing, or not enough. */
const SILENT = 1000
/** So many at a time: what the kernel queues is limited, and beyond that a socket seems open only at this end. */
const AT_ONCE = 200
/** After a few seconds they are gone; the rest is for a busy machine. */
const GONE = { timeout: 30_000 }
const HALF_A_REQUEST = 'GET / HTTP/1.1\r\nHost: x\r\n'

const data = mkdtempSync(join(tmpdir(), 'silent-'))
const opened: Socket[] = []
let relay: Relay
beforeAll(async () => {
  relay = await startRelay({ data, port: 0 })
})
afterAll(async () => {
  for (const socket of opened) socket.destroy()
  await relay.close()
  rmSync(data, { recursive: true, force: true })
})

function portOf(kind: 'tcp' | 'ws' | 'page'): number {
  if (kind === 'page') return Number(new URL(relay.ready.http).port)
  const address = relay.ready.addresses.find((one) => (kind === 'ws' ? one.includes('/ws/') : /\/tcp\/\d+\/p2p/.test(one)))
  return Number(/\/tcp\/(\d+)/.exec(address ?? '')?.[1])
}

/** Opens so many sockets, each with the beginning of something, if any; resolves with the way to know how many are left. */
async function open(kind: 'tcp' | 'ws' | 'page', first = ''): Promise<() => number> {
  let left = SILENT
  const connecting = async (): Promise<void> => {
    const socket = connect(portOf(kind), '127.0.0.1')
    opened.push(socket)
    socket.on('error', () => undefined).on('close', () => left--)
    await new Promise((resolve) => socket.resume().once('connect', resolve).once('close', resolve))
    if (first !== '') socket.write(first)
  }
  for (let n = 0; n < SILENT; n += AT_ONCE) await Promise.all(Array.from({ length: AT_ONCE }, connecting))
  return () => left
}

describe('a relay', () => {
  it('lets go of who says nothing, on each of its ports, and takes others in meanwhile', async () => {
    const toPeers = [await open('ws'), await open('ws', HALF_A_REQUEST), await open('tcp')]
    const toPage = [await open('page'), await open('page', HALF_A_REQUEST)]
    const sum = (all: readonly (() => number)[]): number => all.reduce((total, left) => total + left(), 0)
    // Whoever comes last has a place: those who are on their way in have 200 for each host, and those who ask for the page 250.
    await expect.poll(() => sum(toPeers), GONE).toBeLessThanOrEqual(200)
    await expect.poll(() => sum(toPage), GONE).toBeLessThanOrEqual(250)
    expect((await fetch(`${relay.ready.http}/health`)).status).toBe(200)
    const store = await createDocstore({ data: 'memory', join: relay.ready.join })
    expect(await store.network?.connected({ timeoutMs: 60_000 })).toBe(1)
    await store.close()
    await expect.poll(() => sum(toPeers), GONE).toBe(0)
  })
})
