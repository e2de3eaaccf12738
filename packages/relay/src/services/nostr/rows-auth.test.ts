import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import type { Relay } from '../../relay.ts'
import { RelayUrls } from './auth/relay-urls.ts'
import { eventBy, keyOf, nowSeconds, startNostr, TestClient } from './testing/nostr-world.ts'

let relay: Relay
let url: string
const clients: TestClient[] = []
beforeAll(async () => {
  ;({ relay, url } = await startNostr({ urls: ['wss://relay.example/nostr'], privateKinds: ['4', '1059', '9'] }))
})
afterAll(() => relay.close())
afterEach(() => {
  for (const client of clients.splice(0)) client.close()
})

async function open(): Promise<TestClient> {
  const client = await TestClient.open(url)
  clients.push(client)
  return client
}

const wrapFor = (name: string, content = '') => eventBy('stranger', { kind: 1059, content, tags: [['p', keyOf(name).key]] })

describe('who shows a key', () => {
  it('row 6: was asked for it before the request was refused', async () => {
    const client = await open()
    client.send('REQ', 'a', { kinds: [1059] })
    await client.next(([type]) => type === 'CLOSED')
    expect(client.texts.map((text) => (JSON.parse(text) as string[])[0])).toEqual(['AUTH', 'CLOSED'])
    expect(JSON.parse(client.texts[1] ?? '')).toEqual(['CLOSED', 'a', expect.stringMatching(/^auth-required: /)])
  })

  it('row 7: may do so later, and what was refused is taken then', async () => {
    const client = await open()
    const event = eventBy('alice', { tags: [['-']] })
    expect(await client.publish(event)).toEqual([false, expect.stringMatching(/^auth-required: /)])
    expect(await client.authenticate('alice', url)).toEqual([true, ''])
    expect(await client.publish(event)).toEqual([true, ''])
    expect(await client.publish(eventBy('bob', { tags: [['-']] }))).toEqual([false, expect.stringMatching(/^restricted: /)])
  })

  it('row 8: gets what was asked for at the same time', async () => {
    const client = await open()
    await (await open()).publish(wrapFor('alice'))
    client.send('REQ', 'first', { kinds: [1059] })
    const [, challenge] = await client.next(([type]) => type === 'AUTH')
    await client.next(([type, of]) => type === 'CLOSED' && of === 'first')
    const shown = eventBy('alice', {
      kind: 22_242,
      tags: [
        ['relay', url],
        ['challenge', String(challenge)],
      ],
    })
    client.send('REQ', 'second', { kinds: [1059] })
    client.send('COUNT', 'third', { kinds: [1059] })
    client.send('AUTH', shown)
    await client.next(([type, of]) => type === 'EOSE' && of === 'second')
    expect(client.take('second').length).toBe(1)
    expect(await client.next(([type, of]) => type === 'COUNT' && of === 'third')).toEqual(['COUNT', 'third', { count: 1 }])
  })

  it('row 9: may write the URL of the relay as clients do, and no other', async () => {
    const urls = new RelayUrls(['https://Relay.Example', 'wss://relay.example:8443/nostr'])
    const good = [
      'wss://relay.example',
      'wss://relay.example/',
      'WSS://RELAY.EXAMPLE',
      'wss://relay.example:443',
      'wss://relay.example:443/',
      'ws://relay.example',
      'https://relay.example/',
      'http://relay.example:80',
      ' wss://relay.example ',
      'wss://relay.example.',
      'wss://relay.example//',
      'wss://relay.example:8443/nostr/',
      'wss://relay.example#x',
    ]
    const evil = [
      'wss://relay.example.evil',
      'wss://evil/relay.example',
      'wss://relay.example@evil',
      'wss://relay.example:444',
      'wss://relay.example/other',
      'wss://relay.example?x=1',
      'ftp://relay.example',
      'relay.example',
      '',
      'wss://relay.example:8443',
    ]
    expect(good.filter((one) => !urls.has(one))).toEqual([])
    expect(evil.filter((one) => urls.has(one))).toEqual([])
    const client = await open()
    client.send('REQ', 'a', { kinds: [4] })
    const challenge = String((await client.next(([type]) => type === 'AUTH'))[1])
    for (const one of ['wss://relay.example/nostr', url, `${url}/`, url.replace('127.0.0.1', 'localhost')])
      expect([one, await client.authenticate('alice', one, challenge)]).toEqual([one, [true, '']])
    for (const one of ['wss://evil.example', 'ws://127.0.0.1:1'])
      expect([one, await client.authenticate('alice', one, challenge)]).toEqual([one, [false, 'invalid: the relay is a different one']])
  })

  it('row 10: hears by OK what is wrong with it, and may try again', async () => {
    const client = await open()
    client.send('REQ', 'a', { kinds: [4] })
    const challenge = String((await client.next(([type]) => type === 'AUTH'))[1])
    expect(await client.authenticate('alice', url, 'another')).toEqual([false, 'invalid: the challenge is a different one'])
    const wrong = async (event: unknown): Promise<unknown> => {
      client.send('AUTH', event)
      return (await client.next(([type, of]) => type === 'OK' && of === (event as { id: string }).id))[3]
    }
    const tags = [
      ['relay', url],
      ['challenge', challenge],
    ]
    const right = eventBy('alice', { kind: 22_242, tags })
    expect(await wrong(eventBy('alice', { kind: 1, tags }))).toMatch(/^invalid: the kind/)
    expect(await wrong(eventBy('alice', { kind: 22_242, tags, created_at: nowSeconds() - 3600 }))).toMatch(/^invalid: created_at/)
    expect(await wrong({ ...right, sig: eventBy('alice').sig })).toBe('invalid: the signature is wrong')
    expect(await wrong({ ...right, content: 'x' })).toMatch(/^invalid: the id/)
    expect(await wrong({ id: right.id })).toMatch(/^invalid: this is no event/)
    expect(await client.authenticate('alice', url, challenge)).toEqual([true, ''])
    expect(client.closed).toBeUndefined()
  })

  it('row 11: gets private events that are for this key, by REQ, COUNT, NEG-OPEN, live and search, and nobody else does', async () => {
    const [writer, sender] = [await open(), await open()]
    sender.send('REQ', 'x', { kinds: [4] })
    await sender.authenticate('sender', url)
    const dm = eventBy('sender', { kind: 4, content: 'needle one', tags: [['p', keyOf('friend').key]] })
    await writer.publish(dm)
    await writer.publish(eventBy('sender', { kind: 9, content: 'needle two', tags: [['p', keyOf('friend').key]] }))
    const identities: readonly (readonly [who: string | undefined, sees: boolean])[] = [
      [undefined, false],
      ['other', false],
      ['friend', true],
      ['sender', true],
    ]
    for (const [who, sees] of identities) {
      const client = await open()
      client.send('REQ', 'x', { kinds: [4] })
      if (who !== undefined) await client.authenticate(who, url)
      await client.next(([type, of]) => (type === 'EOSE' || type === 'CLOSED') && of === 'x')
      client.send('CLOSE', 'x')
      client.take('x')
      const author = [keyOf('sender').key]
      const seen = sees ? 1 : 0
      const request = await client.request({ authors: author, kinds: [1, 4] })
      expect([who, 'REQ', request.events.length]).toEqual([who, 'REQ', seen])
      client.send('COUNT', 'c', { authors: author, kinds: [1, 4] })
      expect([who, (await client.next(([type]) => type === 'COUNT'))[2]]).toEqual([who, { count: seen }])
      const searched = await client.request({ search: 'needle' })
      expect([who, 'search', searched.events.length]).toEqual([who, 'search', seen])
      client.send('NEG-OPEN', 'n', { authors: author, kinds: [1, 4] }, '6100000200')
      const [, , message] = await client.next(([type]) => type === 'NEG-MSG')
      expect([who, 'NEG', String(message).includes(dm.id)]).toEqual([who, 'NEG', sees])
      const live = eventBy('sender', { kind: 4, content: `to all ${who}`, tags: [['p', keyOf('friend').key]] })
      await writer.publish(live)
      // Whatever is sent at once has come before this is answered.
      await client.request({ ids: ['f'.repeat(64)] })
      expect([who, 'live', client.take(request.id).length]).toEqual([who, 'live', seen])
      await writer.publish(eventBy('sender', { kind: 5, tags: [['e', live.id]] }))
      if (who === undefined) {
        client.send('NEG-OPEN', 'm', { kinds: [4] }, '6100000200')
        expect((await client.next(([type]) => type === 'NEG-ERR'))[2]).toMatch(/^auth-required: /)
        client.send('COUNT', 'd', { kinds: [1059, 4] })
        expect((await client.next(([type, of]) => type === 'CLOSED' && of === 'd'))[2]).toMatch(/^auth-required: /)
      }
    }
  })

  it('row 33: is not asked for one as long as nothing needs it, and then once', async () => {
    const client = await open()
    await client.publish(eventBy('alice'))
    await client.request({ kinds: [1] })
    await client.request({})
    expect(client.frames.filter(([type]) => type === 'AUTH')).toEqual([])
    await client.publish(eventBy('alice', { tags: [['-']] }))
    await client.publish(eventBy('bob', { tags: [['-']] }))
    await client.request({ kinds: [4] })
    expect(client.frames.filter(([type]) => type === 'AUTH').length).toBe(1)
  })
})
