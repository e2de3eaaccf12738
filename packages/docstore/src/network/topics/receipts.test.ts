import { createNetwork } from '@p2p-docstore/core'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { TestPeer } from '../testing/test-peer.ts'
import { TestProxy } from '../testing/test-proxy.ts'
import { TestRelay } from '../testing/test-relay.ts'
import { WellKnownServer } from '../testing/well-known-server.ts'

/** How long the relay takes to read what it is sent. */
const BUSY_MS = 40

const network = createNetwork('receipts')
let relay: TestRelay
let proxy: TestProxy
let http: WellKnownServer
let listener: TestPeer
const heard: string[] = []
beforeEach(async () => {
  heard.length = 0
  relay = await TestRelay.start(network)
  proxy = await TestProxy.start(Number(relay.libp2p.getMultiaddrs()[0]?.toString().split('/')[4]), BUSY_MS)
  const { id } = relay.peer
  http = await WellKnownServer.start(network, () => ({ peer: id, addresses: [`/ip4/127.0.0.1/tcp/${proxy.port}/p2p/${id}`] }))
  listener = await TestPeer.start(network, { relays: [relay.origin] })
  listener.network.on('message', ({ text }) => heard.push(text))
  await listener.network.subscribe('topic')
})
afterEach(async () => {
  await listener.close()
  await Promise.all([relay.close(), proxy.close(), http.stop()])
})

/** A peer that reaches the relay through the proxy. */
async function publisher(): Promise<TestPeer> {
  const peer = await TestPeer.start(network, { relays: [http.origin] })
  await peer.network.reach({ timeoutMs: 60_000 })
  return peer
}

describe('messages', () => {
  it('arrive as often as is said, also where whoever sends them ends at once and the relay is busy', async () => {
    const said: string[] = []
    for (let n = 0; n < 5; n++) {
      const peer = await publisher()
      if ((await peer.network.publish('topic', `message ${n}`)) > 0) said.push(`message ${n}`)
      await peer.close()
    }
    expect(said).toHaveLength(5)
    await expect.poll(() => [...heard].sort()).toEqual(said)
  })

  it('are taken in before a peer ends that did not wait for that', async () => {
    const peer = await publisher()
    await peer.network.publish('topic', 'first')
    const last = peer.network.publish('topic', 'last')
    // As far as handing it to the connection.
    await new Promise((resolve) => setImmediate(resolve))
    await peer.close()
    await last
    await expect.poll(() => heard).toEqual(['first', 'last'])
  })

  it('do not count where the connection breaks before they are taken in', async () => {
    const peer = await publisher()
    expect(await peer.network.publish('topic', 'first')).toBe(1)
    proxy.freeze()
    const published = peer.network.publish('topic', 'second')
    await proxy.close()
    expect(await published).toBe(0)
    await peer.close()
    expect(heard).toEqual(['first'])
  })
})
