import { describe, expect, it } from 'vitest'
import { type AddressRange, mayDial, narrowest, rangeOf, rangeOfHost, widest } from './address-range.ts'

describe('the range of an address', () => {
  it.each<[string, AddressRange]>([
    ['localhost', 'loopback'],
    ['127.0.0.2', 'loopback'],
    ['[::1]', 'loopback'],
    ['192.168.1.7', 'private'],
    ['10.0.0.1', 'private'],
    ['169.254.1.1', 'private'],
    ['fe80::1', 'private'],
    ['[fd00::1]', 'private'],
    ['nas', 'private'],
    ['nas.local', 'private'],
    ['relay.example', 'public'],
    ['93.184.216.34', 'public'],
    ['[2606:2800:220:1::1]', 'public'],
  ])('of %s is %s', (host, range) => {
    expect(rangeOfHost(host)).toBe(range)
  })

  it('is read from multiaddrs of every kind', () => {
    expect(rangeOf('/ip4/127.0.0.1/udp/8083/webrtc-direct')).toBe('loopback')
    expect(rangeOf('/ip6/fe80::1/tcp/8081')).toBe('private')
    expect(rangeOf('/dns4/relay.example/tcp/443/tls/ws')).toBe('public')
    expect(rangeOf('nonsense')).toBe('public')
  })
})

describe('an address that somebody named', () => {
  it('is dialled where it lies as far outside as what we know already, or farther', () => {
    const allowed = (here: AddressRange): AddressRange[] => (['loopback', 'private', 'public'] as const).filter((target) => mayDial(target, here))
    expect([allowed('loopback'), allowed('private'), allowed('public')]).toEqual([
      ['loopback', 'private', 'public'],
      ['private', 'public'],
      ['public'],
    ])
  })
})

describe('of several ranges', () => {
  it('one is reached by most, and one by fewest', () => {
    expect(widest(['loopback', 'private'])).toBe('private')
    expect(narrowest(['public', 'loopback', 'private'])).toBe('loopback')
    expect([widest([]), narrowest([])]).toEqual(['public', 'public'])
  })
})

describe('an address in disguise', () => {
  it.each(['0x7f.1', '2130706433', '0177.0.0.1.', 'localhost.', '64:ff9b::7f00:1'])('%s is none for others to name', (host) => {
    expect(rangeOfHost(host)).toBe('loopback')
  })

  it('may be a name that leads elsewhere later', () => {
    expect(rangeOf('/dnsaddr/example.org')).toBe('loopback')
    expect(rangeOf('/dns4/example.org/tcp/1')).toBe('public')
  })
})
