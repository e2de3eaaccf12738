import { createNetwork, networkToText } from '@p2p-docstore/core'
import { describe, expect, it } from 'vitest'
import { formatJoinLink, parseJoinLink } from './join-link.ts'

const network = createNetwork('notes')
const HOME = 'http://127.0.0.1:8080'
const invitation = { certificate: Uint8Array.of(1, 2, 3), seed: new Uint8Array(32).fill(7) }

describe('a join link', () => {
  it('says what was put into it', () => {
    const link = formatJoinLink(HOME, network, { relays: ['https://a.example', HOME, 'https://b.example'], invitation })
    expect(parseJoinLink(` ${link}\n`)).toEqual({ network, origins: [HOME, 'https://a.example', 'https://b.example'], invitation })
  })

  it('names four relays at most', () => {
    const relays = Array.from({ length: 9 }, (_, index) => `https://${index}.example`)
    expect(parseJoinLink(formatJoinLink(HOME, network, { relays })).origins).toEqual([HOME, ...relays.slice(0, 3)])
  })

  it('is the same in an address bar', () => {
    const link = formatJoinLink(HOME, network, { relays: ['https://a.example'], invitation })
    expect(new URL(link).href).toBe(link)
  })

  it('may be opened under another origin, as where a server redirects to https', () => {
    const link = formatJoinLink(HOME, network).replace('http:', 'https:')
    expect(parseJoinLink(link)).toMatchObject({ network, origins: ['https://127.0.0.1:8080'] })
  })

  it('needs no checksum to be read, as those of earlier versions have none', () => {
    expect(parseJoinLink(`${HOME}/#join=${networkToText(network)}`)).toMatchObject({ network, origins: [HOME] })
  })

  it('is refused when any character of it changed', () => {
    const link = formatJoinLink(HOME, network, { relays: ['https://a.example'], invitation })
    for (let at = link.indexOf('join=') + 5; at < link.length; at++) {
      const changed = `${link.slice(0, at)}${link[at] === 'x' ? 'y' : 'x'}${link.slice(at + 1)}`
      expect(() => parseJoinLink(changed), changed).toThrow(expect.objectContaining({ code: 'bad-link' }))
    }
  })

  it('is refused wherever it was cut, once it says more than the network', () => {
    const link = formatJoinLink(HOME, network, { relays: ['https://a.example'], invitation })
    for (let length = link.indexOf('&relay=') + 2; length < link.length; length++)
      expect(() => parseJoinLink(link.slice(0, length)), link.slice(0, length)).toThrow(expect.objectContaining({ code: 'bad-link' }))
  })

  it('takes nothing but origins of relays', () => {
    const further = 'https://a.example/&invite=uAAAA'
    expect(parseJoinLink(formatJoinLink(`${HOME}/`, network, { relays: [further] }))).toEqual({
      network,
      origins: [HOME, 'https://a.example'],
      invitation: undefined,
    })
    expect(() => formatJoinLink(HOME, network, { relays: ['javascript:alert(1)'] })).toThrow(expect.objectContaining({ code: 'bad-link' }))
  })

  it.each([
    ['is empty', ''],
    ['is another kind of address', 'ftp://host/#join=u'],
    ['was cut', formatJoinLink(HOME, network).slice(0, 80)],
    ['has an invitation that is none', `${HOME}/#join=${networkToText(network)}&invite=uAAAA`],
    ['has a relay that is none', `${HOME}/#join=${networkToText(network)}&relay=nowhere`],
  ])('is refused when it %s', (_, link) => {
    expect(() => parseJoinLink(link)).toThrow(expect.objectContaining({ code: 'bad-link' }))
  })

  it('may be the bare address of a relay', () => {
    expect(parseJoinLink(HOME)).toEqual({ network: undefined, origins: [HOME], invitation: undefined })
  })
})
