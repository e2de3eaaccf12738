import { multiaddr } from '@multiformats/multiaddr'
import { describe, expect, it } from 'vitest'
import { dialOrder, wayOf } from './dial-order.ts'

const PEER = '12D3KooWGVs6JnVZAbCEeMtfLnDMvKmuBh91ZuAtCVK9sWMWzE7o'
const HASH = 'uEiCHNe5Vmm3RrCsmv4BAvNoEA-aSPwh5L1jCPTRiq7jSDw'
const rtc = (host: string): string => `/ip4/${host}/udp/8083/webrtc-direct/certhash/${HASH}/p2p/${PEER}`
const ws = (host: string, port = 8082): string => `/ip4/${host}/tcp/${port}/ws/p2p/${PEER}`
const tcp = (host: string): string => `/ip4/${host}/tcp/8081/p2p/${PEER}`

function order(addresses: readonly string[], origin: string | undefined, last?: string): readonly string[] {
  return dialOrder(addresses.map(multiaddr), { origin, last }).map(String)
}

describe('the order in which a relay is dialled', () => {
  const DOCKER = '172.17.0.1'
  const LAN = '10.77.0.1'

  it('takes kinds in turns, so that none waits for all addresses of another', () => {
    const all = [rtc('10.1.0.1'), rtc('10.2.0.1'), rtc('10.3.0.1'), ws('10.1.0.1'), ws('10.2.0.1')]
    expect(order(all, undefined)).toEqual([rtc('10.1.0.1'), ws('10.1.0.1'), rtc('10.2.0.1'), ws('10.2.0.1'), rtc('10.3.0.1')])
    expect(order([ws(LAN), tcp(LAN)], undefined)).toEqual([tcp(LAN), ws(LAN)])
    expect(order([], undefined)).toEqual([])
  })

  it('begins with the host at which the page of the relay was reached, and at its port', () => {
    const all = [rtc(DOCKER), rtc(LAN), ws(DOCKER), ws(LAN), ws(LAN, 8080)]
    expect(order(all, `http://${LAN}:8080`)).toEqual([rtc(LAN), ws(LAN, 8080), rtc(DOCKER), ws(LAN), ws(DOCKER)])
  })

  it('begins with what worked last, whatever its certificate is now, and else with its kind', () => {
    const all = [rtc(DOCKER), rtc(LAN), ws(DOCKER), ws(LAN)]
    expect(order(all, `http://${LAN}:8080`, wayOf(multiaddr(ws(DOCKER))))).toEqual([ws(DOCKER), rtc(LAN), ws(LAN), rtc(DOCKER)])
    expect(wayOf(multiaddr(rtc(DOCKER)))).toBe(`/ip4/${DOCKER}/udp/8083/webrtc-direct`)
    expect(order(all, undefined, wayOf(multiaddr(rtc(LAN))))[0]).toBe(rtc(LAN))
    expect(order(all, undefined, '/ip4/203.0.113.7/tcp/9000/ws')[0]).toBe(ws(DOCKER))
  })

  it('takes WebSocket before WebRTC on this machine', () => {
    expect(order([rtc('127.0.0.1'), ws('127.0.0.1')], 'http://localhost:8080')).toEqual([ws('127.0.0.1'), rtc('127.0.0.1')])
    expect(order([rtc('127.0.0.1'), ws('127.0.0.1')], 'http://127.0.0.1:8080')).toEqual([ws('127.0.0.1'), rtc('127.0.0.1')])
  })
})
