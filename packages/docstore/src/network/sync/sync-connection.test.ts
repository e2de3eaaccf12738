import { createNetwork, Ledger, type NamespaceSync } from '@p2p-docstore/core'
import { expect, it } from 'vitest'
import { syncConnection } from './sync-connection.ts'
import { TestPeer } from '../testing/test-peer.ts'

it('keeps equal what is wanted while the two sides greet each other', async () => {
  const descriptor = createNetwork('test')
  const other = await TestPeer.start(descriptor, { listen: ['/ip4/127.0.0.1/tcp/0'], role: 'relay' })
  const own = await TestPeer.start(descriptor)
  const end = new AbortController()
  let running: Promise<void> | undefined
  try {
    const { id } = await own.replica.createNamespace({ name: 'notes', write: 'anyone' })
    await own.replica.write(id, 'docs', [{ id: 'one', content: '{"_id":"one"}' }])
    const connection = await own.libp2p.dial(other.libp2p.getMultiaddrs())
    const wanted = new Set<string>()
    const status = new Map<string, NamespaceSync>()
    let isGreeting = true
    // What one brings into a session is asked for right before the greeting.
    const ledgerOf = (): Ledger => {
      queueMicrotask(() => {
        expect(isGreeting).toBe(true)
        wanted.add(id)
      })
      return new Ledger()
    }
    running = syncConnection(
      connection,
      { replica: own.replica, networkId: descriptor.id, role: 'peer', ledgerOf, wanted, onSync: () => undefined },
      {
        signal: end.signal,
        status,
        onStart: () => {
          isGreeting = false
        },
      },
    )
    await expect.poll(() => status.get(id)?.state).toBe('live')
    expect(await other.replica.summary(id)).toEqual(expect.objectContaining({ count: 1 }))
  } finally {
    end.abort()
    await running
    await own.close()
    await other.close()
  }
})
