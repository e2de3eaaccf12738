import { createSocket } from 'node:dgram'
import { createNetwork, openReplica } from '@p2p-docstore/core'
import { openNodeStorage } from '@p2p-docstore/core/storage/node'
import { afterEach, expect, it, vi } from 'vitest'
import { startLibp2p } from './libp2p-node.ts'

const network = createNetwork('udp')
const cleanups: (() => unknown)[] = []
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).toReversed()) await cleanup()
})

/** A peer that listens for WebRTC-direct on a port of this machine. */
async function listener(port: number) {
  const replica = await openReplica(openNodeStorage(':memory:'), { network: network.bytes })
  const libp2p = await startLibp2p(replica, { listen: [`/ip4/127.0.0.1/udp/${port}/webrtc-direct`] })
  cleanups.push(() => libp2p.stop())
  return libp2p
}

/** Binds a UDP port, 0 for any, and lets it go again; resolves with the port, or nothing where it is taken. */
async function bind(port: number): Promise<number | undefined> {
  const socket = createSocket('udp4')
  return new Promise((resolve) => {
    socket.once('error', () => {
      socket.close()
      resolve(undefined)
    })
    socket.bind(port, '127.0.0.1', () => {
      const { port: bound } = socket.address()
      socket.close(() => resolve(bound))
    })
  })
}

it('WebRTC-direct listens on one port again and again in a process, and others reach it there each time', async () => {
  const port = (await bind(0)) ?? 0
  for (let n = 0; n < 4; n++) {
    const relay = await listener(port)
    const [address] = relay.getMultiaddrs().filter((one) => one.toString().includes(`/udp/${port}/webrtc-direct/`))
    expect(address).toBeDefined()
    if (address === undefined) return
    const visitor = await listener(0)
    const connection = await visitor.dial(address)
    expect(connection.remotePeer.toString()).toBe(relay.peerId.toString())
    await visitor.stop()
    await relay.stop()
  }
})

it('its port is free for others soon after it has ended, or a warning says that it is not', async () => {
  const warnings: string[] = []
  const onWarning = (warning: Error & { code?: string }): void => void warnings.push(warning.code ?? '')
  process.on('warning', onWarning)
  cleanups.push(() => process.off('warning', onWarning))
  const port = (await bind(0)) ?? 0
  const relay = await listener(port)
  expect(await bind(port)).toBeUndefined()
  await relay.stop()
  // Which of the two it is depends on how the system manages memory.
  await vi.waitUntil(async () => (await bind(port)) === port || warnings.includes('DOCSTORE_UDP_PORT'), { timeout: 20_000 })
})

it('a port that another program has is named', async () => {
  const socket = createSocket('udp4')
  await new Promise<void>((resolve) => socket.bind(0, '127.0.0.1', resolve))
  cleanups.push(() => socket.close())
  const { port } = socket.address()
  await expect(listener(port)).rejects.toMatchObject({
    code: 'listen-failed',
    message: expect.stringMatching(new RegExp(`UDP port ${port} of 127\\.0\\.0\\.1 is in use[^;]*\\)$`)),
  })
})
