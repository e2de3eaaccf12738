import type { DirectoryPeer, PeerStatus } from 'p2p-docstore'
import { describe, expect, it } from 'vitest'
import { layOut, viewBoxOf } from '../../apps/web/src/network/graph-layout.ts'
import { networkMap } from '../../apps/web/src/network/network-peers.ts'

function listed(peer: string, fields: Partial<DirectoryPeer> = {}): DirectoryPeer {
  return {
    peer,
    role: 'peer',
    identity: undefined,
    addresses: [],
    origin: undefined,
    services: [],
    limits: {},
    links: [],
    since: 0,
    at: 0,
    expires: 1,
    isSelf: false,
    connected: false,
    via: undefined,
    ...fields,
  }
}

function status(id: string, fields: Partial<PeerStatus> = {}): PeerStatus {
  return {
    id,
    via: 'webrtc-direct',
    role: 'relay',
    state: 'connected',
    origin: undefined,
    error: undefined,
    errorCode: undefined,
    reservation: false,
    ...fields,
  }
}

describe('the map of a network', () => {
  it('holds this peer, whom it is connected to and who is listed, each once, the nearest first', () => {
    const directory = [
      listed('me', { isSelf: true }),
      listed('listed peer', { links: [{ peer: 'far relay', via: 'tcp' }] }),
      listed('far relay', { role: 'relay', origin: 'https://far.example' }),
      listed('relay', { role: 'relay', origin: 'https://relay.example:8443' }),
    ]
    const statuses = [status('relay'), status('browser', { role: 'peer', via: 'webrtc' })]
    const { peers, links } = networkMap('me', directory, statuses)
    expect(peers.map(({ id, name, kind }) => [id, name, kind])).toEqual([
      ['me', 'This peer', 'self'],
      ['relay', 'relay.example:8443', 'relay'],
      ['far relay', 'far.example', 'relay'],
      ['browser', 'browser', 'peer'],
      ['listed peer', 'ted peer', 'peer'],
    ])
    expect(links).toEqual([
      { from: 'me', to: 'relay', via: 'webrtc-direct', isOwn: true },
      { from: 'me', to: 'browser', via: 'webrtc', isOwn: true },
      { from: 'listed peer', to: 'far relay', via: 'tcp', isOwn: false },
    ])
  })

  it('has a connection once that both ends tell of, and none to peers that nobody knows', () => {
    const a = listed('a', { links: [{ peer: 'b', via: 'tcp' }] })
    const b = listed('b', {
      links: [
        { peer: 'a', via: 'tcp' },
        { peer: 'unlisted', via: 'tcp' },
      ],
    })
    expect(networkMap('me', [a, b], []).links).toEqual([{ from: 'a', to: 'b', via: 'tcp', isOwn: false }])
  })
})

describe('the drawing of a network', () => {
  it('places nobody on top of another, in a network of any size', () => {
    const relays = Array.from({ length: 40 }, (_, n) => listed(`relay ${n}`, { role: 'relay' }))
    const peers = Array.from({ length: 300 }, (_, n) => listed(`peer ${n}`, { links: [{ peer: `relay ${n % 7}`, via: 'tcp' }] }))
    for (const size of [0, 1, 2, 7, 40]) {
      const map = networkMap('me', [...relays.slice(0, size), ...peers.slice(0, size * 7)], [])
      const nodes = layOut(map.peers, map.links)
      expect(new Set(nodes.map(({ x, y }) => `${x} ${y}`)).size).toBe(nodes.length)
      expect(nodes.length).toBeLessThanOrEqual(1 + 24 + 96)
      expect(viewBoxOf(nodes)).toMatch(/^-\d+ -\d+ \d+ \d+$/)
    }
  })
})
