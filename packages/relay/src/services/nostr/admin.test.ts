import { createHash } from 'node:crypto'
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, describe, expect, it } from 'vitest'
import { startRelay } from '../../index.ts'
import type { SettingValues } from '../../settings/setting.ts'
import { eventId } from '@p2p-docstore/core/nostr'
import { HttpAuth } from './admin/http-auth.ts'
import { RelayUrls } from './auth/relay-urls.ts'
import { eventBy, keyOf, nowSeconds, startNostr, TestClient } from './testing/nostr-world.ts'

const cleanups: (() => unknown)[] = []
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).toReversed()) await cleanup()
})

function folder(): string {
  const path = mkdtempSync(join(tmpdir(), 'nostr-admin-'))
  cleanups.push(() => rmSync(path, { recursive: true, force: true }))
  return path
}

async function start(settings: SettingValues = {}) {
  const started = await startNostr(settings)
  cleanups.push(() => started.relay.close())
  const client = await TestClient.open(started.url)
  cleanups.push(() => client.close())
  return { ...started, client, http: started.relay.ready.http }
}

const informationOf = async (http: string): Promise<Record<string, unknown> & { readonly limitation: Record<string, number> }> =>
  (await (await fetch(http, { headers: { accept: 'application/nostr+json' } })).json()) as never

/** Sends an order, with the proof that NIP-98 asks for, or one that is changed. */
async function order(
  http: string,
  name: string,
  method: string,
  params: readonly unknown[] = [],
  changed: { u?: string; body?: string; proof?: string } = {},
) {
  const body = JSON.stringify({ method, params })
  const proof = eventBy(name, {
    kind: 27_235,
    content: `${Math.random()}`,
    tags: [
      ['u', changed.u ?? http],
      ['method', 'POST'],
      [
        'payload',
        createHash('sha256')
          .update(changed.body ?? body)
          .digest('hex'),
      ],
    ],
  })
  const authorization = changed.proof ?? `Nostr ${Buffer.from(JSON.stringify(proof)).toString('base64')}`
  const answer = await fetch(http, { method: 'POST', body, headers: { 'content-type': 'application/nostr+json+rpc', authorization } })
  return { status: answer.status, answer: (await answer.json()) as { result: unknown; error?: string }, authorization }
}

describe('NIP-11', () => {
  it('row 18: says what holds: each limit is met by what lies at it, and not by what lies beyond', async () => {
    const settings = {
      eventBytes: 5000,
      tags: 20,
      maxLimit: 7,
      defaultLimit: 3,
      subscriptions: 4,
      secondsAhead: 100,
      secondsBehind: 1000,
      messageBytes: 20_000,
    }
    const { client, http, events } = await start(settings)
    const { limitation, supported_nips: nips, software } = await informationOf(http)
    expect([nips, software]).toEqual([[1, 2, 4, 9, 11, 13, 17, 40, 42, 45, 50, 59, 62, 65, 67, 70, 77], expect.stringContaining('https://')])
    expect(limitation).toMatchObject({
      max_message_length: 20_000,
      max_subscriptions: 4,
      max_limit: 7,
      default_limit: 3,
      max_subid_length: 64,
      max_event_tags: 20,
      created_at_lower_limit: 1000,
      created_at_upper_limit: 100,
      auth_required: false,
      restricted_writes: false,
    })
    const tags = (count: number) => Array.from({ length: count }, (_, i) => ['t', `${i}`])
    const taken = async (fields: Parameters<typeof eventBy>[1]): Promise<boolean> => (await client.publish(eventBy('alice', fields)))[0]
    expect([await taken({ tags: tags(20) }), await taken({ tags: tags(21) })]).toEqual([true, false])
    const ahead = nowSeconds()
    expect([await taken({ created_at: ahead + 90 }), await taken({ created_at: ahead + 120 })]).toEqual([true, false])
    expect([await taken({ created_at: ahead - 900 }), await taken({ created_at: ahead - 1010 })]).toEqual([true, false])
    const empty = JSON.stringify(eventBy('alice')).length
    expect([await taken({ content: 'x'.repeat(5000 - empty) }), await taken({ content: 'x'.repeat(5001 - empty) })]).toEqual([true, false])
    await events.put(Array.from({ length: 9 }, (_, i) => eventBy('bob', { kind: 7, content: `${i}` })))
    for (const [limit, count] of [
      [undefined, 3],
      [7, 7],
      [6, 6],
    ] as const) {
      const { events: found, id } = await client.request({ kinds: [7], since: 0, ...(limit === undefined ? {} : { limit }) })
      // Of the last second all come where the relay ends the page.
      expect([limit, limit === undefined ? found.length >= count : found.length]).toEqual([limit, limit === undefined ? true : count])
      client.send('CLOSE', id)
    }
    for (const [id, type] of [
      ['x'.repeat(64), 'EOSE'],
      ['x'.repeat(65), 'NOTICE'],
    ] as const) {
      client.send('REQ', id, { limit: 0 })
      expect((await client.next(([one]) => one === 'EOSE' || one === 'NOTICE'))[0]).toBe(type)
    }
    for (let i = 0; i < 4; i++) client.send('REQ', `s${i}`, { limit: 0 })
    expect((await client.next(([type]) => type === 'CLOSED'))[1]).toBe('s3')
    client.send('REQ', 'long', { '#t': ['x'.repeat(1000)], '#e': Array.from({ length: 400 }, () => 'y'.repeat(60)) })
    expect((await client.next(([type]) => type === 'NOTICE'))[1]).toMatch(/^invalid: too large, 2\d+>20000 bytes/)
  })

  it('is a page for who asks for one, and lets pages of others ask', async () => {
    const { http } = await start({ name: 'ours', description: 'for tests', contact: 'mailto:a@b.c', pubkey: keyOf('boss').key })
    expect(await informationOf(http)).toMatchObject({ name: 'ours', description: 'for tests', contact: 'mailto:a@b.c', pubkey: keyOf('boss').key })
    const asked = await fetch(http, { method: 'OPTIONS', headers: { origin: 'https://x.example', 'access-control-request-method': 'POST' } })
    expect([asked.status, asked.headers.get('access-control-allow-origin')]).toEqual([204, '*'])
    expect((await fetch(http, { headers: { accept: 'text/html' } })).headers.get('content-type')).not.toContain('nostr')
    expect((await fetch(`${http}/other`, { headers: { accept: 'application/nostr+json' } })).status).toBe(404)
  })

  it('is served on a port of its own, where that is chosen', async () => {
    const { createServer } = await import('node:net')
    const probe = createServer()
    const port = await new Promise<number>((resolve) => probe.listen(0, '127.0.0.1', () => resolve((probe.address() as { port: number }).port)))
    await new Promise((resolve) => probe.close(resolve))
    await start({ port })
    const client = await TestClient.open(`ws://127.0.0.1:${port}`)
    cleanups.push(() => client.close())
    expect(await client.publish(eventBy('alice', { tags: [['-']] }))).toMatchObject([false, expect.stringMatching(/^auth-required/)])
    expect(await client.authenticate('alice', `ws://localhost:${port}`)).toEqual([true, ''])
    expect(await informationOf(`http://127.0.0.1:${port}`)).toMatchObject({ supported_nips: expect.arrayContaining([1]) })
  })
})

describe('NIP-86', () => {
  it('is for admins, who show their key for each order anew', async () => {
    const { http } = await start({ admins: [keyOf('boss').key] })
    expect((await informationOf(http))['supported_nips']).toEqual(expect.arrayContaining([86, 98]))
    const done = await order(http, 'boss', 'supportedmethods')
    expect([done.status, done.answer.result]).toEqual([
      200,
      expect.arrayContaining(['banpubkey', 'unallowpubkey', 'createrole', 'unassignrole', 'blockip']),
    ])
    const refused = [
      await order(http, 'stranger', 'supportedmethods'),
      await order(http, 'boss', 'supportedmethods', [], { u: 'https://elsewhere.example' }),
      await order(http, 'boss', 'supportedmethods', [], { body: '{}' }),
      await order(http, 'boss', 'supportedmethods', [], { proof: done.authorization }),
      await order(http, 'boss', 'supportedmethods', [], { proof: 'Nostr x' }),
      await order(http, 'boss', 'supportedmethods', [], { proof: 'Basic YTpi' }),
    ]
    expect(refused.map(({ status }) => status)).toEqual([401, 401, 401, 401, 401, 401])
    expect((await order(http, 'boss', 'shutdown')).answer).toEqual({ result: null, error: 'there is no method "shutdown"' })
    expect((await order(http, 'boss', 'banpubkey', [7])).answer.error).toMatch(/first parameter/)
    expect((await fetch(http, { method: 'POST', body: 'x'.repeat(50_000), headers: { 'content-type': 'application/nostr+json+rpc' } })).status).toBe(
      413,
    )
  })

  it('bans and allows keys, events, kinds and addresses at once, and after a restart', async () => {
    const data = folder()
    const settings = { nostr: { admins: [keyOf('boss').key] } }
    const open = () => startRelay({ data, port: 0, services: ['default', 'nostr'], settings, log: { level: 'error' } })
    let relay = await open()
    let client = await TestClient.open(relay.ready.http.replace('http', 'ws'))
    const spam = eventBy('spammer')
    const bad = eventBy('alice', { content: 'bad' })
    expect([await client.publish(spam), await client.publish(bad)]).toEqual([
      [true, ''],
      [true, ''],
    ])
    const { http } = relay.ready
    expect((await order(http, 'boss', 'banpubkey', [spam.pubkey, 'spam'])).answer).toEqual({ result: true })
    expect((await order(http, 'boss', 'banevent', [bad.id])).answer).toEqual({ result: true })
    expect((await order(http, 'boss', 'disallowkind', [7])).answer).toEqual({ result: true })
    expect((await order(http, 'boss', 'changerelayname', ['renamed'])).answer).toEqual({ result: true })
    expect((await order(http, 'boss', 'createrole', ['mods', 'Moderators', 'who help', '#fff', 1])).answer).toEqual({ result: true })
    expect((await order(http, 'boss', 'assignrole', [keyOf('mod').key, 'mods'])).answer).toEqual({ result: true })
    expect((await order(http, 'boss', 'assignmethod', [keyOf('mod').key, 'banpubkey'])).answer).toEqual({ result: true })
    for (let round = 0; round < 2; round++) {
      expect(await client.publish(eventBy('spammer', { content: `${round}` }))).toEqual([false, 'blocked: this key may not write here'])
      expect(await client.publish(bad)).toEqual([false, 'blocked: this event is banned here'])
      expect(await client.publish(eventBy('alice', { kind: 7, content: `${round}` }))).toEqual([false, 'blocked: kind 7 is not taken here'])
      expect((await client.request({ ids: [bad.id] })).events).toEqual([])
      expect((await informationOf(relay.ready.http))['name']).toBe('renamed')
      expect((await order(relay.ready.http, 'boss', 'listbannedpubkeys')).answer.result).toEqual([{ pubkey: spam.pubkey, reason: 'spam' }])
      expect((await order(relay.ready.http, 'mod', 'listbannedpubkeys')).answer.error).toMatch(/may not/)
      expect((await order(relay.ready.http, 'mod', 'banpubkey', [keyOf('other').key])).answer).toEqual({ result: true })
      expect((await order(relay.ready.http, 'mod', 'assignmethod', [keyOf('mod').key, 'banevent'])).answer.error).toMatch(/may not/)
      expect((await order(relay.ready.http, 'boss', 'unbanpubkey', [keyOf('other').key])).answer).toEqual({ result: true })
      if (round === 1) break
      client.close()
      await relay.close()
      relay = await open()
      client = await TestClient.open(relay.ready.http.replace('http', 'ws'))
    }
    expect((await order(relay.ready.http, 'boss', 'unbanevent', [bad.id])).answer).toEqual({ result: true })
    expect(await client.publish(bad)).toEqual([true, ''])
    expect((await order(relay.ready.http, 'boss', 'allowpubkey', [spam.pubkey])).answer).toEqual({ result: true })
    expect(await client.publish(eventBy('spammer', { content: 'again' }))).toEqual([true, ''])
    expect(await client.publish(eventBy('alice', { content: 'not listed' }))).toEqual([false, expect.stringMatching(/^restricted: /)])
    client.close()
    await relay.close()
  })
})

describe('what an operator chooses', () => {
  it('holds: keys, kinds, work, and a key to read and to write', async () => {
    const work = await start({ workBits: 8 })
    expect((await work.client.publish(eventBy('alice')))[1]).toMatch(/^pow: /)
    let nonce = 0
    for (; !eventBy('alice', { tags: [['nonce', `${nonce}`, '8']], created_at: 1_700_000_000 }).id.startsWith('00'); nonce++);
    expect(await work.client.publish(eventBy('alice', { tags: [['nonce', `${nonce}`, '8']], created_at: 1_700_000_000 }))).toEqual([true, ''])
    const closed = await start({ allow: [keyOf('alice').key], kinds: ['1'], authToRead: true, authToWrite: true })
    expect((await informationOf(closed.http)).limitation).toMatchObject({ auth_required: true, restricted_writes: true })
    expect((await closed.client.request({ kinds: [1] })).end[2]).toMatch(/^auth-required: /)
    expect((await closed.client.publish(eventBy('alice')))[1]).toMatch(/^auth-required: /)
    await closed.client.authenticate('alice', closed.url)
    expect(await closed.client.publish(eventBy('alice'))).toEqual([true, ''])
    expect((await closed.client.publish(eventBy('bob')))[1]).toMatch(/^restricted: /)
    expect((await closed.client.publish(eventBy('alice', { kind: 7 })))[1]).toBe('blocked: kind 7 is not taken here')
    await expect(startNostr({ allow: ['npub1'] })).rejects.toMatchObject({ code: 'bad-setting', message: expect.stringContaining('nostr.allow') })
  })

  it('is asked of a program as strfry asks, which may hang, die or talk nonsense', async () => {
    const path = join(folder(), 'policy')
    writeFileSync(
      path,
      `#!${process.execPath}
require('node:readline').createInterface({ input: process.stdin }).on('line', (line) => {
  const { type, event, sourceType, sourceInfo } = JSON.parse(line)
  if (event.content === 'hang') return
  if (event.content === 'die') process.exit(1)
  if (event.content === 'mumble') console.log('what?')
  const action = event.content === 'spam' ? 'reject' : event.content === 'shadow' ? 'shadowReject' : 'accept'
  console.log(JSON.stringify({ id: event.id, action, msg: type + ' ' + sourceType + ' ' + sourceInfo }))
})`,
    )
    chmodSync(path, 0o755)
    const { client, events } = await start({ policy: path, policyTimeout: 2000 })
    const said = async (content: string): Promise<readonly [boolean, string]> => client.publish(eventBy('alice', { content }))
    expect(await said('fine')).toEqual([true, ''])
    expect(await said('spam')).toEqual([false, 'blocked: new IP4 127.0.0.1'])
    expect(await said('shadow')).toEqual([true, ''])
    expect(await said('mumble')).toEqual([true, ''])
    expect(await said('hang')).toEqual([false, expect.stringMatching(/^error: it cannot be decided now/)])
    expect(await said('die')).toEqual([false, expect.stringMatching(/^error: /)])
    await expect.poll(() => said('back')).toEqual([true, ''])
    expect(await events.count({ kinds: [1] })).toBe(3)
  })
})

it('forgets proofs of those who may order nothing, so that an admin is heard among any number of them', async () => {
  const [boss, other, url] = [keyOf('boss').key, keyOf('other').key, 'https://relay.example']
  const auth = new HttpAuth({
    verify: async () => [true],
    urls: () => new RelayUrls([url]),
    now: Date.now,
    isKnown: (key) => key === boss,
  })
  const keyShown = async (pubkey: string, content: string): Promise<string | undefined> => {
    const payload = createHash('sha256').update('{}').digest('hex')
    const tags = [
      ['u', url],
      ['method', 'POST'],
      ['payload', payload],
    ]
    const event = { pubkey, created_at: nowSeconds(), kind: 27_235, tags, content }
    const proof = JSON.stringify({ ...event, id: eventId(event), sig: '0'.repeat(128) })
    return auth.keyOf(`Nostr ${Buffer.from(proof).toString('base64')}`, '{}')
  }
  for (let i = 0; i < 10_000; i++) expect(await keyShown(other, `${i}`)).toBeUndefined()
  expect(await keyShown(boss, '')).toBe(boss)
  expect(await keyShown(boss, '')).toBeUndefined()
})
