import { readFileSync } from 'node:fs'
import {
  createNetwork,
  decodeNetwork,
  encodeCbor,
  equalBytes,
  identityFromSeed,
  type Identity,
  openReplica,
  packSigned,
  base64url,
  sha256,
  timeFromMs,
} from '@p2p-docstore/core'
import { openNodeStorage } from '@p2p-docstore/core/storage/node'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { TestPeer } from '../../network/testing/test-peer.ts'
import { TestRelay } from '../../network/testing/test-relay.ts'
import { Docstore } from '../docstore.ts'
import { AGE_MS, LIFE_MS, MAX_PRESENT, RATE_MS, WORDS_PER_PEER } from './limits.ts'
import { hearPresence, type PresenceWord, sayPresence } from './presence-word.ts'
import { PresentTable } from './present-table.ts'
import type { Present } from './types.ts'
import { ownParts } from '../../sharing/shared-parts.ts'

const network = createNetwork('presence')
const key = (n: number): Identity => identityFromSeed(sha256(`presence ${n}`))
const person = sha256('alice')
const NOW = Date.UTC(2026, 0, 1)

const word = (fields: Partial<PresenceWord> = {}): Omit<PresenceWord, 'by'> => ({
  place: 'room',
  peer: 'peer',
  person: null,
  at: NOW,
  here: true,
  note: null,
  ...fields,
})

describe('who is in a place', () => {
  let now = NOW
  const asked: string[] = []
  const table = (): PresentTable =>
    new PresentTable({
      replica: {
        devicesOf: async (who) =>
          equalBytes(who, person)
            ? [
                { key: key(1).author, label: '', from: 0 },
                { key: key(2).author, label: '', from: 0, until: timeFromMs(NOW) },
              ]
            : undefined,
      },
      network,
      place: 'room',
      own: key(9).author,
      now: () => now,
      onUnknown: (who) => asked.push(who),
    })
  const say = (fields: Partial<PresenceWord> = {}, by = key(0)): string => sayPresence(word(fields), network, by)
  const shown = (of: PresentTable): unknown => of.list().map(({ device, note }) => [device, note])

  it('is told by words of now, and by no older one, nor by those of another place or peer', async () => {
    now = NOW
    const here = table()
    expect(await here.hear(say(), 'peer')).toBe('came')
    expect(await here.hear(say(), 'peer')).toBe('repeated')
    expect(await here.hear(say({ at: NOW + 1, note: 'Writing' }), 'peer')).toBe('changed')
    expect(shown(here)).toEqual([[key(0).did, 'Writing']])
    expect(await here.hear(say({ at: NOW + 2, place: 'elsewhere' }), 'peer')).toBe('other-place')
    // Passed on by somebody who heard it.
    expect(await here.hear(say({ at: NOW + 2 }), 'another')).toBe('other-peer')
    expect(await here.hear(say({ at: NOW + 3, here: false }), 'peer')).toBe('gone')
    expect(await here.hear(say({ at: NOW + 2 }), 'peer')).toBe('rate')
    now += RATE_MS
    expect(await here.hear(say({ at: NOW + 2 }), 'peer')).toBe('repeated')
    expect(shown(here)).toEqual([])
    for (const at of [now - AGE_MS - 1, now + AGE_MS + 1]) expect(await here.hear(say({ at }, key(3)), 'peer')).toBe('late')
  })

  it('is forgotten a while after the last word, and brought back by no word of before', async () => {
    now = NOW
    const here = table()
    const before = say({ at: NOW + 1 })
    expect(await here.hear(say({ at: NOW + 2 }), 'peer')).toBe('came')
    now += LIFE_MS
    expect(here.forgetOld()).toBe(false)
    now++
    expect(here.forgetOld()).toBe(true)
    expect(shown(here)).toEqual([])
    expect(await here.hear(before, 'peer')).toBe('repeated')
    expect(await here.hear(say({ at: NOW + 3 }), 'peer')).toBe('came')
  })

  it('is a person where their log says so, and never one of whom a device was revoked', async () => {
    now = NOW
    const here = table()
    expect(await here.hear(say({ person }, key(1)), 'peer')).toBe('came')
    expect(await here.hear(say({ person }, key(2)), 'other')).toBe('other-peer')
    expect(await here.hear(say({ person, peer: 'other' }, key(2)), 'other')).toBe('revoked')
    const stranger = sha256('bob')
    expect(await here.hear(say({ person: stranger, peer: 'third' }, key(4)), 'third')).toBe('came')
    // One who says to be of a person whose log has no such device.
    expect(await here.hear(say({ person, peer: 'fourth' }, key(5)), 'fourth')).toBe('came')
    const [first, second, third] = here.list()
    expect(first).toMatchObject({ who: expect.stringMatching(/^bafyrei/) as string })
    expect(first?.claims).toBeUndefined()
    expect(second).toMatchObject({ who: key(4).did, claims: expect.stringMatching(/^bafyrei/) as string })
    expect(third).toMatchObject({ who: key(5).did, claims: first?.who })
    expect(asked).toHaveLength(2)
  })

  it('are so many at most, and who says too much is not listened to', async () => {
    now = NOW
    const here = table()
    for (let i = 0; i < MAX_PRESENT; i++) expect(await here.hear(say({ peer: `${i}` }, key(i)), `${i}`)).toBe('came')
    expect(await here.hear(say({ peer: 'more' }, key(MAX_PRESENT)), 'more')).toBe('full')
    // A peer is one device, whichever keys it makes up.
    expect(await here.hear(say({ peer: '0', at: NOW + 1 }, key(MAX_PRESENT)), '0')).toBe('changed')
    expect(here.list()).toHaveLength(MAX_PRESENT)
    expect(await here.hear(say({ peer: '0', at: NOW + 2, here: false }, key(MAX_PRESENT)), '0')).toBe('gone')
    expect(await here.hear(say({ peer: 'next' }, key(MAX_PRESENT)), 'next')).toBe('came')
    const said = []
    for (let i = 0; i <= WORDS_PER_PEER; i++) said.push(await here.hear('nonsense', 'noisy'))
    expect(said).toEqual([...Array.from({ length: WORDS_PER_PEER }, () => 'malformed'), 'rate'])
    now += LIFE_MS + 1
    here.forgetOld()
    expect(here.list()).toEqual([])
  })

  it('is said in words that are refused for what is wrong with them', async () => {
    const reason = async (text: string): Promise<string> => {
      const heard = await hearPresence(text, network)
      return heard.ok ? 'good' : heard.reason
    }
    const good = say({ note: 'Réading 🎉', person })
    expect(await reason(good)).toBe('good')
    expect(await reason(say({ note: 'al\u202eice' }))).toBe('malformed')
    expect(await reason(say({ note: 'two\nlines' }))).toBe('malformed')
    expect(await reason(say({ note: 'x'.repeat(129) }))).toBe('malformed')
    expect(await reason(say({ place: 'x'.repeat(120) }))).toBe('malformed')
    expect(await reason(`${good} `)).toBe('malformed')
    expect(await reason('x'.repeat(3000))).toBe('too-large')
    expect(await reason(sayPresence(word(), createNetwork('other'), key(0)))).toBe('wrong-network')
    const signed = (struct: object, by = key(0), as = by): string => {
      const bytes = encodeCbor(struct)
      return base64url.baseEncode(packSigned({ bytes, signature: as.sign('presence', sha256(bytes)) }))
    }
    const struct = { v: 1, t: 'presence', net: network.cid, ...word(), by: key(0).author }
    expect(await reason(signed(struct))).toBe('good')
    expect(await reason(signed({ ...struct, more: 1 }))).toBe('malformed')
    expect(await reason(signed({ ...struct, v: 2 }))).toBe('malformed')
    expect(await reason(signed(struct, key(0), key(1)))).toBe('bad-signature')
    expect(await reason(signed({ ...struct, by: new Uint8Array(34) }))).toBe('bad-key')
  })
})

describe('presence.json', () => {
  // What lies in a case is described by the file; `any` is what JSON.parse gives.
  type Case = Record<string, any> & { name: string }
  const { context, valid, invalid }: { context: Case; valid: Case[]; invalid: Case[] } = JSON.parse(
    readFileSync(new URL('../../../../../vectors/presence.json', import.meta.url), 'utf8'),
  )
  const bytesOf = (hex: string): Uint8Array => Uint8Array.from(Buffer.from(hex, 'hex'))
  const decoded = decodeNetwork(bytesOf(context['network']))
  if (!decoded.ok) throw new Error(decoded.reason)
  it.each(valid)('reads $name', async ({ text, word }) => {
    const by = bytesOf(word.by)
    expect(await hearPresence(text, decoded.value)).toEqual({ ok: true, value: { ...word, by, person: word.person && bytesOf(word.person) } })
  })
  it.each(invalid)('refuses $name', async ({ text, reason }) => {
    expect(await hearPresence(text, decoded.value)).toEqual({ ok: false, reason })
  })
})

describe('presence', () => {
  let relay: TestRelay
  const stores: Docstore[] = []
  async function person(): Promise<Docstore> {
    const replica = await openReplica(openNodeStorage(':memory:'), {
      network: network.bytes,
      aside: false,
      person: { recovery: key(50).author },
    })
    const peer = await TestPeer.start(network, { replica, relays: [relay.origin] })
    const store = await Docstore.of(
      ownParts({ replica, network: peer.network, libp2p: peer.libp2p, isRelay: async () => false, close: () => peer.close() }),
    )
    stores.push(store)
    await peer.network.connected({ timeoutMs: 60_000 })
    return store
  }
  beforeAll(async () => {
    relay = await TestRelay.start(network)
  })
  afterAll(async () => {
    await Promise.all(stores.map((store) => store.close()))
    await relay.close()
  })

  it('tells who looks who is there, until they leave, and nobody of who only looks', async () => {
    const [alice, bob] = [await person(), await person()]
    // Relays keep it, and whoever asks learns by it which devices are theirs.
    await alice.profiles.set('name', 'Alice')
    await (await alice.namespaces.open((await alice.profiles.mine()).namespace)).delivered()
    let seen: readonly Present[] = []
    const leaving = new AbortController()
    const watching = (async () => {
      for await (const list of bob.presence.watch('room', { signal: leaving.signal })) seen = list
    })()
    const stay = await alice.presence.enter('room', { note: 'Reading' })
    await expect.poll(() => seen).toMatchObject([{ isMe: false, note: 'Reading' }])
    await stay.note('Writing')
    await expect.poll(() => seen[0]?.note).toBe('Writing')
    // Once her log is here.
    await expect.poll(async () => (await stay.note(undefined), seen[0]?.who), { interval: 3000 }).toBe(alice.me)
    const own = alice.presence.watch('room')
    expect((await own.next()).value).toMatchObject([{ who: alice.me, isMe: true }])
    await own.return()
    await stay.leave()
    await expect.poll(() => seen).toEqual([])
    leaving.abort()
    await watching
    // Who her devices are stays known, though her profile was only looked at.
    await bob.profiles.show(alice.me)
    expect(await bob.replica.devicesOf((await alice.replica.personFacts())?.digest ?? new Uint8Array())).toHaveLength(1)
    await expect(alice.presence.enter('')).rejects.toMatchObject({ code: 'bad-place' })
    await expect(alice.presence.enter('room', { note: 'a\nb' })).rejects.toMatchObject({ code: 'bad-note' })
  })
})
