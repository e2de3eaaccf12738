import { multiaddr } from '@multiformats/multiaddr'
import type { StreamHandler } from '@libp2p/interface'
import { createNetwork, identityFromSeed, openReplica } from '@p2p-docstore/core'
import { openNodeStorage } from '@p2p-docstore/core/storage/node'
import { afterAll, describe, expect, it } from 'vitest'
import { syncProtocol } from '../sync/index.ts'
import { TestPeer } from '../testing/test-peer.ts'
import { TestRelay } from '../testing/test-relay.ts'
import { examine } from './conformance.ts'
import type { Finding } from './clause.ts'

const seed = new Uint8Array(32).fill(80)
const network = createNetwork('conformance', { names: { authorities: [identityFromSeed(seed).author], quorum: 1 } })
const { signal } = new AbortController()
const cleanups: (() => unknown)[] = []
afterAll(async () => {
  for (const cleanup of cleanups.splice(0).toReversed()) await cleanup()
})

async function relay(): Promise<TestRelay> {
  const replica = await openReplica(openNodeStorage(':memory:'), { network: network.bytes, identity: seed, aside: false })
  const started = await TestRelay.start(network, { replica })
  cleanups.push(() => started.close())
  return started
}

/** The part of libp2p that knows who answers a protocol; it is handed to services only. */
interface Registrar {
  getHandler(protocol: string): { readonly handler: StreamHandler }
}

function registrarOf(libp2p: TestRelay['libp2p']): Registrar {
  return (libp2p as unknown as { components: { registrar: Registrar } }).components.registrar
}

const unmet = (findings: readonly Finding[]): unknown =>
  findings.filter(({ result }) => result !== 'met').map(({ id, result, seen }) => [id, result, seen])

// Most of an examination is waiting, so they are made side by side.
describe.concurrent('the conformance program', () => {
  it('finds that our relay keeps all clauses', async () => {
    const home = await relay()
    const findings = await examine({ network, addresses: home.libp2p.getMultiaddrs(), invitation: undefined, signal })
    expect(unmet(findings)).toEqual([])
    expect(findings.flatMap(({ required, id }) => (required ? [] : [id]))).toEqual(['stream-limit', 'names-streams'])
    expect(new Set(findings.map(({ id }) => id)).size).toBe(findings.length)
  }, 120_000)

  it('names the clause that a peer does not keep, and no other', async () => {
    const home = await relay()
    // As an earlier release: who had ended its side was reset.
    const protocol = syncProtocol(network.id)
    const { libp2p } = home
    const handler = registrarOf(libp2p).getHandler(protocol)
    await libp2p.unhandle(protocol)
    await libp2p.handle(
      protocol,
      (stream, connection) => {
        stream.addEventListener('remoteCloseWrite', () => stream.abort(new Error('a test')))
        return handler.handler(stream, connection)
      },
      { maxInboundStreams: 128 },
    )
    const findings = await examine({
      network,
      addresses: libp2p.getMultiaddrs(),
      invitation: undefined,
      isReadOnly: true,
      only: ['half-close', 'list', 'put', 'offer'],
      signal,
    })
    expect(findings.flatMap(({ id, result }) => (result === 'not met' ? [id] : []))).toEqual(['half-close'])
    expect(findings.filter(({ id }) => id === 'put' || id === 'offer').map(({ result }) => result)).toEqual(['not tried', 'not tried'])
  }, 120_000)

  it('asks of a peer that is no relay nothing that only relays must do', async () => {
    const other = await TestPeer.start(network, { listen: ['/ip4/127.0.0.1/tcp/0'], role: 'peer' })
    cleanups.push(() => other.close())
    const findings = await examine({ network, addresses: other.libp2p.getMultiaddrs(), invitation: undefined, only: ['directory', 'topic'], signal })
    expect(findings.filter(({ result }) => result === 'not met')).toEqual([])
    const excused = findings.filter(({ result }) => result === 'not tried')
    expect(excused.map(({ id }) => id)).toEqual(['directory-ask', 'topic'])
    for (const { required, seen } of excused) expect([required, seen]).toEqual([false, expect.stringContaining('it is no relay')])
  }, 120_000)

  it('says so where nobody answers', async () => {
    const addresses = [multiaddr('/ip4/127.0.0.1/tcp/1')]
    const findings = await examine({ network, addresses, invitation: undefined, signal })
    expect(findings[0]).toMatchObject({ id: 'connect', required: true, result: 'not met' })
    expect(new Set(findings.slice(1).map(({ result, seen }) => [result, seen].join()))).toEqual(new Set(['not tried,there is no connection']))
  }, 120_000)

  it('says so of a peer in another network', async () => {
    const home = await relay()
    const findings = await examine({ network: createNetwork('another'), addresses: home.libp2p.getMultiaddrs(), invitation: undefined, signal })
    expect(findings.slice(0, 2).map(({ id, result }) => [id, result])).toEqual([
      ['connect', 'met'],
      ['greeting', 'not met'],
    ])
    expect(new Set(findings.slice(2).map(({ result, seen }) => [result, seen].join()))).toEqual(new Set(['not tried,it has not greeted']))
  }, 120_000)

  it('refuses a name that no clause has', async () => {
    const only = ['put', 'nonsense']
    await expect(examine({ network, addresses: [], invitation: undefined, signal, only })).rejects.toMatchObject({
      code: 'bad-option',
      message: expect.stringMatching(/nonsense.*half-close/),
    })
  })
})
