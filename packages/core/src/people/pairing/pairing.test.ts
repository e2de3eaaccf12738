import { describe, expect, it } from 'vitest'
import { sha256 } from '#crypto'
import { utf8 } from '../../model/bytes.ts'
import { identityFromSeed } from '../../model/keys/identity.ts'
import { commitmentOf, readCode, showCode } from './check-code.ts'
import { isDeviceProof, proveDevice } from './device-proof.ts'
import { PAIRING_MS } from './limits.ts'
import { decodePairingRequest, decodePairingResponse, encodePairing, type PairingRequest } from './messages.ts'
import { type AskHost, PairingGuest } from './pairing-guest.ts'
import { PairingHost } from './pairing-host.ts'
import { fc } from '../../testing/fast-check.ts'

const GENESIS = utf8('the genesis of a person')
const person = sha256(GENESIS)
const old = identityFromSeed(new Uint8Array(32).fill(1))
const fresh = identityFromSeed(new Uint8Array(32).fill(2))
const stranger = identityFromSeed(new Uint8Array(32).fill(3))

function host(): PairingHost {
  return new PairingHost({ person, key: old.author, peer: 'host', now: 0 })
}

function guest(of: PairingHost, { device = fresh, peer = 'guest' } = {}): PairingGuest {
  return new PairingGuest({ session: of.session, hostPeer: 'host', device, peer, label: 'phone' })
}

/** A way to a host that takes every message through its encoding. */
function way(to: PairingHost, { peer = 'guest', now = 1 } = {}): AskHost {
  return async (request) => {
    const read = decodePairingRequest(encodePairing(request))
    if (!read.ok) throw new Error(read.reason)
    const answer = decodePairingResponse(encodePairing(await to.answer(read.value, peer, now)))
    if (!answer.ok) throw new Error(answer.reason)
    return answer.value
  }
}

describe('pairing', () => {
  it('shows one code on both devices, and hands over the key with its proof for the person with their log', async () => {
    const [a, ask] = [host(), undefined]
    expect(ask).toBeUndefined()
    const b = guest(a)
    const compared = await b.reveal(way(a))
    const state = a.state(1)
    expect(state).toMatchObject({ state: 'comparing', device: { key: fresh.author, label: 'phone', code: compared.code } })
    expect(await b.granted(way(a), compared)).toBeUndefined()
    const device = a.confirm(showCode(compared.code), 1)
    expect(await isDeviceProof(person, device.key, device.proof)).toBe(true)
    expect(await b.granted(way(a), compared)).toBeUndefined()
    const ids = Array.from({ length: 900 }, (_, index) => `bafyrei${index}`)
    const acts = Array.from({ length: 500 }, (_, index) => sha256(utf8(String(index))))
    a.grant(
      { genesis: GENESIS, acts: acts.map((act) => Uint8Array.from([...act, ...new Uint8Array(300)])), namespaces: ids, invitation: utf8('come in') },
      1,
    )
    const granted = await b.granted(way(a), compared)
    expect(granted?.count).toBe(500)
    const given = await b.fetch(way(a), granted ?? { genesis: GENESIS, count: 0 })
    expect(given.acts.map((act) => act.slice(0, 32))).toEqual(acts)
    expect([given.namespaces, given.invitation]).toEqual([ids, utf8('come in')])
  })

  it('has other digits each time', async () => {
    const codes = await Promise.all(
      Array.from({ length: 20 }, async () => {
        const a = host()
        return (await guest(a).reveal(way(a))).code
      }),
    )
    expect(new Set(codes).size).toBeGreaterThan(18)
    for (const code of codes) expect(code).toMatch(/^\d{6}$/)
  })

  it('shows other digits on each device where somebody is in between', async () => {
    // It speaks with each of the two for the other one, as the peer that it is, with a key of its own.
    const a = host()
    const between = new PairingHost({ person, key: stranger.author, peer: 'between', now: 0 })
    const mine = new PairingGuest({ session: between.session, hostPeer: 'between', device: fresh, peer: 'guest', label: 'phone' })
    const there = await guest(a, { device: stranger, peer: 'between' }).reveal(way(a, { peer: 'between' }))
    const here = await mine.reveal(way(between))
    expect(here.code).not.toBe(there.code)
    expect(() => a.confirm(here.code, 1)).toThrow(expect.objectContaining({ code: 'wrong-check-code' }))
  })

  it('takes nothing from a device that reveals something else than it was bound to', async () => {
    const a = host()
    const nonce = new Uint8Array(32)
    const commit = commitmentOf(a.session, { nonce, key: fresh.author, label: 'phone' })
    const proof = proveDevice(person, fresh)
    const changes: Partial<PairingRequest>[] = [
      { nonce: nonce.with(0, 1) },
      { key: stranger.author, proof: proveDevice(person, stranger) },
      { label: 'other' },
    ]
    for (const change of changes) {
      const b = host()
      await b.answer({ t: 'begin', session: b.session, commit: commitmentOf(b.session, { nonce, key: fresh.author, label: 'phone' }) }, 'guest', 1)
      const revealed = { t: 'reveal', session: b.session, nonce, key: fresh.author, label: 'phone', proof, ...change } as PairingRequest
      expect(await b.answer(revealed, 'guest', 1)).toMatchObject({ t: 'error', code: 'wrong-check-code' })
      expect(b.state(1).state).toBe('open')
    }
    await a.answer({ t: 'begin', session: a.session, commit }, 'guest', 1)
    const forged = { t: 'reveal', session: a.session, nonce, key: fresh.author, label: 'phone', proof: proveDevice(sha256('other'), fresh) } as const
    expect(await a.answer(forged, 'guest', 1)).toMatchObject({ code: 'wrong-check-code' })
  })

  it('ends after three tries, and with its time', async () => {
    const a = host()
    for (let i = 0; i < 3; i++) {
      const { code } = await guest(a).reveal(way(a))
      expect(() => a.confirm(code === '000000' ? '000001' : '000000', 1)).toThrow(expect.objectContaining({ code: 'wrong-check-code' }))
      // The device that was turned away learns why, while the link lives.
      if (i < 2) expect(await a.answer({ t: 'wait', session: a.session }, 'guest', 1)).toMatchObject({ code: 'wrong-check-code' })
    }
    expect(a.state(1)).toEqual({ state: 'ended', reason: 'too-many' })
    await expect(guest(a).reveal(way(a))).rejects.toMatchObject({ code: 'pairing-ended' })
    const late = host()
    const { code } = await guest(late).reveal(way(late))
    expect(() => late.confirm(code, PAIRING_MS)).toThrow(expect.objectContaining({ code: 'pairing-ended' }))
    await expect(guest(late).reveal(way(late, { now: PAIRING_MS }))).rejects.toMatchObject({ code: 'pairing-ended' })
  })

  it('gives one device at a time its turn, and nothing to those who have not begun', async () => {
    const a = host()
    const compared = await guest(a).reveal(way(a))
    await expect(guest(a, { device: stranger, peer: 'other' }).reveal(way(a, { peer: 'other' }))).rejects.toMatchObject({ code: 'pairing-taken' })
    a.confirm(compared.code, 1)
    a.grant({ genesis: GENESIS, acts: [utf8('act')], namespaces: [], invitation: null }, 1)
    for (const request of [
      { t: 'wait', session: a.session },
      { t: 'acts', session: a.session, from: 0 },
    ] as const)
      expect(await a.answer(request, 'other', 1)).toMatchObject({ t: 'error', code: 'pairing-ended' })
    expect(await a.answer({ t: 'wait', session: new Uint8Array(16) }, 'guest', 1)).toMatchObject({ code: 'pairing-ended' })
    expect(await a.answer({ t: 'acts', session: a.session, from: 1 }, 'guest', 1)).toMatchObject({ code: 'malformed' })
  })

  it('is refused by either user', async () => {
    const a = host()
    const b = guest(a)
    const compared = await b.reveal(way(a))
    a.refuse()
    await expect(b.granted(way(a), compared)).rejects.toMatchObject({ code: 'pairing-ended' })
    expect(() => a.confirm(compared.code, 1)).toThrow(expect.objectContaining({ code: 'pairing-ended' }))
  })

  it('gives no other person than the one whose code was compared', async () => {
    const a = host()
    const b = guest(a)
    const compared = await b.reveal(way(a))
    a.confirm(compared.code, 1)
    a.grant({ genesis: utf8('another one'), acts: [], namespaces: [], invitation: null }, 1)
    await expect(b.granted(way(a), compared)).rejects.toMatchObject({ code: 'bad-response' })
  })

  it('reads codes as people type them', () => {
    for (const typed of ['123456', '123 456', ' 123-456\n', '１２３ ４５６']) expect(readCode(typed)).toBe('123456')
    for (const typed of ['', '12345', '1234567', '12345a']) expect(readCode(typed)).toBeUndefined()
  })

  it('reads what it writes, and refuses every other form', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        for (const decode of [decodePairingRequest, decodePairingResponse]) {
          const read = decode(bytes)
          if (read.ok) expect(encodePairing(read.value)).toEqual(bytes)
        }
      }),
    )
    const session = new Uint8Array(16)
    const bad: unknown[] = [
      { t: 'begin', session, commit: new Uint8Array(31) },
      { t: 'wait', session: session.slice(1) },
      { t: 'acts', session, from: -1 },
      { t: 'wait', session, more: 1 },
    ]
    for (const one of bad) expect(decodePairingRequest(encodePairing(one as PairingRequest))).toEqual({ ok: false, reason: 'malformed' })
    expect(decodePairingRequest(new Uint8Array(60_000))).toEqual({ ok: false, reason: 'too-large' })
  })
})
