import { createNetwork, identityFromSeed, type Network as Descriptor, sha256, utf8 } from '@p2p-docstore/core'
import { type Compared, type HandedOver, isDeviceProof, type NewDevice } from '@p2p-docstore/core/people/pairing'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { formatJoinText, parseJoinLink } from '../../network/admission/index-join.ts'
import { TestPeer, type TestPeerOptions } from '../../network/testing/test-peer.ts'
import { TestRelay } from '../../network/testing/test-relay.ts'
import { DeviceOffer, joinAsDevice, type JoinAsDeviceInit, parsePairingText } from './index.ts'

const GENESIS = utf8('the genesis of a person')
const person = sha256(GENESIS)
const old = identityFromSeed(new Uint8Array(32).fill(1))
const fresh = identityFromSeed(new Uint8Array(32).fill(2))

let descriptor: Descriptor
const cleanups: (() => Promise<void>)[] = []
beforeEach(() => {
  descriptor = createNetwork('test')
})
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).toReversed()) await cleanup()
})

async function peer(options: TestPeerOptions = {}): Promise<TestPeer> {
  const started = await TestPeer.start(descriptor, options)
  cleanups.push(() => started.close())
  return started
}

async function offerOf(at: TestPeer, join?: string): Promise<{ offer: DeviceOffer; added: NewDevice[] }> {
  const added: NewDevice[] = []
  const add = async (device: NewDevice): Promise<HandedOver> => {
    added.push(device)
    return {
      genesis: GENESIS,
      acts: Array.from({ length: 300 }, (_, index) => utf8(`act ${index} ${'x'.repeat(300)}`)),
      namespaces: ['bafyreione'],
      invitation: null,
    }
  }
  const offer = await DeviceOffer.open({ libp2p: at.libp2p, networkId: descriptor.id, person, key: old.author, join, add })
  cleanups.push(() => offer.close())
  return { offer, added }
}

function guestOf({ libp2p }: TestPeer, text: string): Omit<JoinAsDeviceInit, 'onCode' | 'signal'> {
  return { libp2p, networkId: descriptor.id, link: parsePairingText(text), device: fresh, label: 'phone' }
}

/** Joins; the code comes before what it is given. */
function joining(
  at: TestPeer,
  text: string,
  signal: AbortSignal = AbortSignal.timeout(30_000),
): { code: Promise<string>; given: Promise<HandedOver> } {
  const shown = Promise.withResolvers<Compared>()
  const given = joinAsDevice({ ...guestOf(at, text), signal, onCode: shown.resolve })
  given.catch(shown.reject)
  const code = shown.promise.then((compared) => compared.code)
  code.catch(() => undefined)
  return { code, given }
}

describe('a device is added by a link', () => {
  it('directly, without any relay; the code that is typed is the one that the other device shows', async () => {
    const [a, b] = await Promise.all([peer({ listen: ['/ip4/127.0.0.1/tcp/0'] }), peer()])
    const { offer, added } = await offerOf(a)
    const { code, given } = joining(b, offer.link.toUpperCase())
    expect((await offer.compared()).code).toBe(await code)
    await offer.confirm(await code)
    const { genesis, acts, namespaces } = await given
    expect(genesis).toEqual(GENESIS)
    expect(acts).toHaveLength(300)
    expect(namespaces).toEqual(['bafyreione'])
    expect(added).toMatchObject([{ key: fresh.author, label: 'phone' }])
    expect(await isDeviceProof(person, fresh.author, added[0]?.proof ?? new Uint8Array())).toBe(true)
    expect(await offer.delivered(AbortSignal.timeout(60_000))).toBe(true)
  })

  it('through the places that both have at a relay, whose network the link leads into; and again where the connection breaks', async () => {
    const relay = await TestRelay.start(descriptor)
    cleanups.push(() => relay.close())
    const a = await peer({ relays: [relay.origin] })
    await expect.poll(() => a.hasReservation()).toBe(true)
    const { offer } = await offerOf(a, formatJoinText(relay.origin, descriptor))
    const join = parseJoinLink(parsePairingText(offer.link).join ?? '')
    expect(join.network?.id).toBe(descriptor.id)
    const b = await peer({ relays: join.origins })
    const { code, given } = joining(b, offer.link)
    await code
    const relayed = b.libp2p.getConnections(a.libp2p.peerId)
    expect(relayed.map(({ limits }) => limits === undefined)).toEqual([false])
    for (const connection of relayed) await connection.close()
    await offer.confirm(await code)
    expect((await given).acts).toHaveLength(300)
  })

  it('and not where the code differs, until the link was tried three times', async () => {
    const [a, b] = await Promise.all([peer({ listen: ['/ip4/127.0.0.1/tcp/0'] }), peer()])
    const { offer, added } = await offerOf(a)
    for (let i = 0; i < 3; i++) {
      const { code, given } = joining(b, offer.link)
      given.catch(() => undefined)
      const wrong = (await code) === '111111' ? '222222' : '111111'
      await expect(offer.confirm(wrong)).rejects.toMatchObject({ code: 'wrong-check-code' })
      await expect(given).rejects.toMatchObject({ code: i < 2 ? 'wrong-check-code' : 'pairing-ended' })
    }
    await expect(offer.compared()).rejects.toMatchObject({ code: 'pairing-ended' })
    await expect(joining(b, offer.link).given).rejects.toMatchObject({ code: 'pairing-ended' })
    expect(added).toEqual([])
  })

  it('by no link that is damaged, and by none that was ended', async () => {
    const [a, b] = await Promise.all([peer({ listen: ['/ip4/127.0.0.1/tcp/0'] }), peer()])
    const { offer } = await offerOf(a)
    for (const text of ['', 'bjoin', offer.link.slice(0, -1), offer.link.replace(/^(.{20})./, '$11'), `${offer.link}aa`])
      expect(() => parsePairingText(text)).toThrow(expect.objectContaining({ code: 'bad-link' }))
    // The link of a page says the same, in capitals as QR codes have it, too.
    for (const text of [`http://127.0.0.1:8080/#${offer.link}`, `HTTPS://RELAY.EXAMPLE/#${offer.link.toUpperCase()}`])
      expect(parsePairingText(text)).toEqual(parsePairingText(offer.link))
    const { code, given } = joining(b, offer.link)
    given.catch(() => undefined)
    await code
    await offer.close()
    await expect(given).rejects.toMatchObject({ code: 'pairing-ended' })
    await expect(joining(b, offer.link).given).rejects.toMatchObject({ code: 'pairing-ended' })
    await a.network.close()
    const gone = joinAsDevice({ ...guestOf(b, offer.link), timeoutMs: 300, onCode: () => undefined, signal: AbortSignal.timeout(30_000) })
    await expect(gone).rejects.toMatchObject({ code: 'device-unreachable' })
    const waiting = joining(b, offer.link, AbortSignal.abort(new Error('given up'))).given
    await expect(waiting).rejects.toThrow('given up')
  })
})
