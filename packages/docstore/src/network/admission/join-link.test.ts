import { execFileSync } from 'node:child_process'
import { parseEnv } from 'node:util'
import { base32, base64url, concatBytes, createNetwork, encodeCbor, networkToText, sha256, utf8 } from '@p2p-docstore/core'
import { describe, expect, it } from 'vitest'
import { encodeInvitation } from './invitation.ts'
import { formatJoinLink, formatJoinText, parseJoinLink } from './join-link.ts'

const network = createNetwork('notes & "things" #1')
const HOME = 'http://127.0.0.1:8080'
const invitation = { certificate: Uint8Array.of(1, 2, 3), seed: new Uint8Array(32).fill(7) }
const extras = { relays: ['https://a.example', HOME, 'https://b.example:8443'], invitation }
const badLink = expect.objectContaining({ code: 'bad-link' })

/** All forms in which people get one. */
const FORMS = {
  'a join text': formatJoinText(HOME, network),
  'a join text with an invitation': formatJoinText(HOME, network, extras),
  'a join link': formatJoinLink(HOME, network),
  'a join link with an invitation': formatJoinLink(HOME, network, extras),
}

describe.each(Object.entries(FORMS))('%s', (name, link) => {
  const isInvited = name.includes('invitation')
  const said = isInvited
    ? { network, origins: [HOME, 'https://a.example', 'https://b.example:8443'], invitation }
    : { network, origins: [HOME], invitation: undefined }

  it('says what was put into it', () => {
    expect(parseJoinLink(` ${link}\n`)).toEqual(said)
  })

  it('has letters and digits alone in what matters', () => {
    expect(link).toMatch(/^(http:\/\/127\.0\.0\.1:8080\/j\/#?)?bjoin[a-z2-7]+$/)
  })

  it('is one word to a shell, as it is', () => {
    for (const shell of ['bash', 'sh']) {
      const script = `set -u; show() { printf '%s\\n' $# "$1"; }; show ${link}; LINK=${link}; show $LINK # and what follows`
      expect(execFileSync(shell, ['-c', script], { encoding: 'utf8' }).trim().split('\n')).toEqual(['1', link, '1', link])
    }
  })

  it('survives a file of settings, or says that it was cut', () => {
    // What Vite and `node --env-file` read such files with: it ends at a # in the middle of a word, too.
    const { LINK: read = '' } = parseEnv(`A=1\nLINK=${link}\nB=2`)
    if (link.includes('#'))
      expect(() => parseJoinLink(read)).toThrow(expect.objectContaining({ code: 'bad-link', message: expect.stringContaining('#') }))
    else expect(read).toBe(link)
    expect(parseEnv(`LINK="${link}"`)['LINK']).toBe(link)
  })

  it('says the same in capitals, as QR codes have it', () => {
    expect(parseJoinLink(link.toUpperCase())).toEqual(said)
    if (!isInvited) expect(link.toUpperCase()).toMatch(/^[0-9A-Z $%*+\-./:]+$/)
  })

  it('is refused when any character of it changed', () => {
    for (let at = link.indexOf('bjoin') + 1; at < link.length; at++) {
      const changed = `${link.slice(0, at)}${link[at] === 'x' ? 'y' : 'x'}${link.slice(at + 1)}`
      expect(() => parseJoinLink(changed), changed).toThrow(badLink)
    }
  })

  it('is refused wherever it was cut, and with more behind it', () => {
    for (let length = link.indexOf('bjoin') + 5; length < link.length; length++) expect(() => parseJoinLink(link.slice(0, length))).toThrow(badLink)
    for (const more of ['a', 'aaaaaaaa', '=', '.', '\u00e9', 'a'.repeat(100_000)]) expect(() => parseJoinLink(link + more)).toThrow(badLink)
  })
})

describe('a join link', () => {
  it('names four relays at most', () => {
    const relays = Array.from({ length: 9 }, (_, index) => `https://${index}.example`)
    const expected = [HOME, ...relays.slice(0, 3)]
    expect(parseJoinLink(formatJoinLink(HOME, network, { relays })).origins).toEqual(expected)
    expect(parseJoinLink(formatJoinText(HOME, network, { relays })).origins).toEqual(expected)
    const elsewhere = parseJoinLink(formatJoinLink(HOME, network, { relays }).replace(HOME, 'https://other.example'))
    expect(elsewhere.origins).toEqual(['https://other.example', ...expected.slice(0, 3)])
  })

  it('is the same in an address bar', () => {
    for (const link of [formatJoinLink(HOME, network), formatJoinLink(HOME, network, extras)]) expect(new URL(link).href).toBe(link)
  })

  it('may be opened under another origin, as where a server redirects to https, and with a place in the page behind it', () => {
    const link = formatJoinLink(HOME, network).replace('http:', 'https:')
    expect(parseJoinLink(link)).toEqual({ network, origins: ['https://127.0.0.1:8080', HOME], invitation: undefined })
    expect(parseJoinLink(`${link}#/ns/bafyrei`)).toEqual(parseJoinLink(link))
  })

  it('leads to a server without what admits somebody', () => {
    const { origin, pathname, search } = new URL(formatJoinLink(HOME, network, extras))
    expect([origin, pathname, search]).toEqual([HOME, '/j/', ''])
  })

  it('takes nothing but origins of relays', () => {
    const links = formatJoinLink(`${HOME}/page?x#y`, network, { relays: ['https://user@a.example/&invite=uAAAA'] })
    expect(parseJoinLink(links)).toEqual({ network, origins: [HOME, 'https://a.example'], invitation: undefined })
    for (const bad of ['javascript:alert(1)', 'host:8080', '']) {
      expect(() => formatJoinLink(HOME, network, { relays: [bad] })).toThrow(badLink)
      expect(() => formatJoinText(bad, network)).toThrow(badLink)
    }
  })

  it.each([
    ['is empty', ''],
    ['is a word', 'hello'],
    ['is another kind of address', 'ftp://host/#join=u'],
    ['has no text', `${HOME}/j/`],
    ['has another text', `${HOME}/j/nothing`],
    ['is the id of a namespace', 'bafyreihdwdcefgh4dqkjv67uzcmw7ojee6xedzdetojuzjevtenxquvyku'],
  ])('is refused when it %s', (_, link) => {
    expect(() => parseJoinLink(link)).toThrow(badLink)
  })

  it.each([
    ['no relay', { n: network.bytes, o: [] }],
    ['a relay that is none', { n: network.bytes, o: [HOME, 'nowhere'] }],
    ['a relay that is no text', { n: network.bytes, o: [1] }],
    ['no network', { o: [HOME] }],
    ['a network that is none', { n: Uint8Array.of(1), o: [HOME] }],
    ['an invitation that is none', { n: network.bytes, o: [HOME], i: Uint8Array.of(1) }],
    ['an invitation that is no bytes', { n: network.bytes, o: [HOME], i: 'u' }],
    ['no structure', [1]],
  ])('is refused when it has %s', (_, struct) => {
    expect(() => parseJoinLink(packed(struct))).toThrow(badLink)
  })

  it('may say more than is known here, and of another version it is said', () => {
    const struct = { n: network.bytes, o: [HOME], later: 1 }
    expect(parseJoinLink(packed(struct))).toEqual({ network, origins: [HOME], invitation: undefined })
    expect(() => parseJoinLink(packed(struct, 0xd2))).toThrow(expect.objectContaining({ message: expect.stringContaining('later version') }))
  })
})

describe('the address of a relay', () => {
  it.each([
    [HOME, HOME],
    [`${HOME}/#/ns/bafyrei`, HOME],
    ['127.0.0.1:8080', HOME],
    ['localhost:8080/', 'http://localhost:8080'],
    ['localhost', 'http://localhost'],
    ['[::1]:8080', 'http://[::1]:8080'],
    ['relay.example', 'http://relay.example'],
    ['relay:81', 'http://relay:81'],
    ['https://relay.example', 'https://relay.example'],
  ])('may be %s', (text, origin) => {
    expect(parseJoinLink(text)).toEqual({ network: undefined, origins: [origin], invitation: undefined })
  })

  it.each(['relay:99999', 'hello', '1', '/ip4/127.0.0.1/tcp/1', 'a b.c', 'me@host.example'])('is not %s', (text) => {
    expect(() => parseJoinLink(text)).toThrow(badLink)
  })
})

describe('a join link of earlier versions', () => {
  const full = former(`join=${networkToText(network)}&relay=https://a.example&invite=${base64url.encode(encodeInvitation(invitation))}`)

  it('is read', () => {
    expect(parseJoinLink(full)).toEqual({ network, origins: [HOME, 'https://a.example'], invitation })
    expect(parseJoinLink(`${HOME}/#join=${networkToText(network)}`)).toEqual({ network, origins: [HOME], invitation: undefined })
  })

  it('is refused when any character of it changed, and wherever it was cut once it says more than the network', () => {
    for (let at = full.indexOf('join=') + 5; at < full.length; at++) {
      const changed = `${full.slice(0, at)}${full[at] === 'x' ? 'y' : 'x'}${full.slice(at + 1)}`
      expect(() => parseJoinLink(changed), changed).toThrow(badLink)
    }
    for (let length = full.indexOf('&relay=') + 2; length < full.length; length++)
      expect(() => parseJoinLink(full.slice(0, length)), full.slice(0, length)).toThrow(badLink)
  })

  it.each([
    ['was cut', `${HOME}/#join=${networkToText(network).slice(0, 80)}`],
    ['has an invitation that is none', former(`join=${networkToText(network)}&invite=uAAAA`)],
    ['has a relay that is none', former(`join=${networkToText(network)}&relay=nowhere`)],
  ])('is refused when it %s', (_, link) => {
    expect(() => parseJoinLink(link)).toThrow(badLink)
  })
})

/** A join text with a right checksum around whatever it is to say. */
function packed(struct: unknown, version = 0xd1): string {
  const checked = concatBytes(Uint8Array.of(0x4b, 0x90, version), encodeCbor(struct))
  return base32.encode(concatBytes(checked, sha256(checked).subarray(0, 5)))
}

function former(fragment: string): string {
  return `${HOME}/#${fragment}&check=${base64url.baseEncode(sha256(utf8(fragment))).slice(0, 8)}`
}
