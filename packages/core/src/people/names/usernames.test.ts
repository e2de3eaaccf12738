import { describe, expect, it } from 'vitest'
import { sha256 } from '#crypto'
import { skeleton } from './confusables.ts'
import { displayNameFault } from './display-name.ts'
import { personInFile, readDomainName, showDomainName } from './domain-name.ts'
import { readShortId, shortId, withShortId } from './short-id.ts'
import { normalUsername, usernameFault } from './username.ts'
import { fc } from '../../testing/fast-check.ts'

describe('usernames', () => {
  it('have 2 to 32 of a-z, 0-9, _ and -', () => {
    for (const name of ['al', 'alice', 'a1', '42', 'a-b_c', 'x'.repeat(32)]) expect(usernameFault(name), name).toBeUndefined()
    const faults: Record<string, string> = {
      '': 'empty',
      a: 'too-short',
      ['x'.repeat(33)]: 'too-long',
      Alice: 'not-normal',
      'al ice': 'characters',
      'al.ice': 'characters',
      '-alice': 'characters',
      alice_: 'characters',
      日本: 'characters',
      admin: 'reserved',
      'ad-min': 'reserved',
      z6mkabc: 'reserved',
    }
    for (const [name, fault] of Object.entries(faults)) expect(usernameFault(name), name).toBe(fault)
  })

  it('that pass for others are refused by name', () => {
    // Cyrillic а, Greek ο, full width, an accent, a dotless i, a dash.
    for (const name of ['аlice', 'bοb', 'аdmin', 'ａlice', 'álice', 'alıce', 'a–b']) expect(usernameFault(name), name).toBe('homograph')
    for (const mark of ['\u202e', '\u2066', '\u200f', '\u061c']) expect(usernameFault(`al${mark}ice`)).toBe('bidi')
    for (const mark of ['\u200b', '\u200d', '\u2060', '\ufeff', '\u00ad', '\u{e0061}', '\ufe0f', '\u3164'])
      expect(usernameFault(`al${mark}ice`), escape(mark)).toBe('invisible')
  })

  it('are typed in any case, with @ before them', () => {
    expect(normalUsername(' @Alice\n')).toBe('alice')
    expect(usernameFault(normalUsername('İstanbul'))).toBe('homograph')
  })

  it('that look alike have one skeleton', () => {
    for (const [one, other] of [
      ['alice', 'a1ice'],
      ['alice', 'aIice'.toLowerCase()],
      ['bob', 'b0b'],
      ['modern', 'rnodern'],
      ['wow', 'vvow'],
      ['a-b', 'a_b'],
      ['ab', 'a-b'],
    ] as const)
      expect(skeleton(one), other).toBe(skeleton(other))
    expect(skeleton('alice')).not.toBe(skeleton('alicia'))
  })

  it('never take what is not of their letters', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 0x10ffff }), { maxLength: 40 }), (points) => {
        const text = String.fromCodePoint(...points.map((point, i) => (i % 3 === 0 ? point : 97 + (point % 26))))
        if (usernameFault(text) === undefined) expect(text).toMatch(/^[a-z0-9][a-z0-9_-]{0,30}[a-z0-9]$/)
      }),
    )
  })
})

describe('display names', () => {
  it('are anything that people are called, in any script', () => {
    for (const name of [
      'Alice',
      'Zoë Müller-Özdemir',
      'Анна Каренина',
      'Γιώργος',
      '山田 太郎',
      'محمد علی',
      'می‌خواهم',
      'अनुष्का',
      '👩‍🚀 Zoe',
      'O’Neil',
      'alice (Анна)',
      '❤️ Bob',
    ])
      expect(displayNameFault(name), name).toBeUndefined()
  })

  it('turn nothing around, hide nothing and pass for nobody', () => {
    const faults: Record<string, string> = {
      ' ': 'empty',
      ['x'.repeat(65)]: 'too-long',
      'Al\u202eice': 'bidi',
      'Al\u200bice': 'invisible',
      'Al\u200dice': 'invisible',
      'Al\ufe0fice': 'invisible',
      'Al\nice': 'characters',
      'Al\u2028ice': 'characters',
      alice·k7f3qp: 'characters',
      'Z\u0301\u0301\u0301\u0301\u0301': 'characters',
      'Zoe\u0308': 'not-normal',
      ' Alice': 'not-normal',
      'Al  ice': 'not-normal',
      Аlice: 'homograph',
      'Βob Smith': 'homograph',
    }
    for (const [name, fault] of Object.entries(faults)) expect(displayNameFault(name), JSON.stringify(name)).toBe(fault)
  })
})

describe('short ids', () => {
  it('tell persons of one name apart', () => {
    const digest = sha256('alice')
    expect(withShortId('alice', digest)).toMatch(/^alice·[a-z2-7]{6}$/)
    expect(readShortId(withShortId('Zoë M', digest).toUpperCase())).toEqual({ name: 'ZOË M', short: shortId(digest) })
    for (const text of ['alice', 'alice·', '·k7f3qp', 'alice·k7f3q1', 'a·b·k7f3qp']) expect(readShortId(text)).toBeUndefined()
  })
})

describe('names of domains', () => {
  it('are read in one form', () => {
    for (const text of ['Alice@Example.org', ' alice@example.org'])
      expect(showDomainName(readDomainName(text) ?? { name: '', domain: '' })).toBe('alice@example.org')
    expect(readDomainName('info@xn--bcher-kva.example')).toEqual({ name: 'info', domain: 'xn--bcher-kva.example' })
    const bad = [
      'alice',
      'alice@',
      '@example.org',
      'a@b@c.org',
      'alice@localhost',
      'alice@127.0.0.1',
      'alice@example.org/x',
      'alice@example.org:80',
      'alice@bücher.example',
      'аlice@example.org',
      'alice@[::1]',
      `alice@${'x'.repeat(64)}.org`,
    ]
    for (const text of bad) expect(readDomainName(text), text).toBeUndefined()
    expect(readDomainName('alice@localhost:8080', { anyHost: true })).toEqual({ name: 'alice', domain: 'localhost:8080' })
    for (const text of ['alice@localhost/x', 'alice@a:b@c']) expect(readDomainName(text, { anyHost: true })).toBeUndefined()
  })

  it('belong to whom the file of the domain names', () => {
    const id = 'bafyreigh2akiscaildcqabsyg3dfr6chu3fgpregiymsck7e7aqa4s52zy'
    expect(personInFile(JSON.stringify({ names: { alice: id }, more: 1 }), 'alice')?.toString()).toBe(id)
    for (const text of [
      '',
      '[]',
      'null',
      '{"names":null}',
      '{"names":{"alice":1}}',
      '{"names":{"alice":"x"}}',
      `{"names":{"bob":"${id}"}}`,
      `{"alice":"${id}"}`,
    ])
      expect(personInFile(text, 'alice'), text).toBeUndefined()
    expect(personInFile('{"names":{}}', 'constructor')).toBeUndefined()
    expect(personInFile(`{"names":{"alice":"${id}"}}${' '.repeat(70_000)}`, 'alice')).toBeUndefined()
  })
})
