import { generateKeyPair } from '@libp2p/crypto/keys'
import type { Connection } from '@libp2p/interface'
import { peerIdFromPrivateKey } from '@libp2p/peer-id'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { PassingConnections } from './passing-connections.ts'

describe('connections that are opened for a question', () => {
  beforeEach(() => {
    vi.useFakeTimers()
  })
  afterEach(() => {
    vi.useRealTimers()
  })

  it('end a minute after the last one, unless something else needs them; others are left alone', async () => {
    const peer = peerIdFromPrivateKey(await generateKeyPair('Ed25519'))
    const connect = (): Connection => {
      const connection = {
        remotePeer: peer,
        direction: 'outbound',
        status: 'open',
        close: async () => Object.assign(connection, { status: 'closed' }),
      }
      return connection as unknown as Connection
    }
    const there = connect()
    const connections = [there]
    const needed = new Set<string>([peer.toString()])
    const passing = new PassingConnections({ getConnections: () => connections })
    passing.start((one) => needed.has(one))
    await passing.use(peer, async () => connections.push(connect()))
    const opened = connections[1]

    await vi.advanceTimersByTimeAsync(120_000)
    expect(opened?.status).toBe('open')
    needed.clear()
    await passing.use(peer, async () => undefined)
    await vi.advanceTimersByTimeAsync(45_000)
    expect(opened?.status).toBe('open')
    await vi.advanceTimersByTimeAsync(30_000)
    expect(opened?.status).toBe('closed')
    expect(there.status).toBe('open')
    passing.stop()
  })
})
