import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { toHex } from '../bytes.ts'
import { canonicalJson } from '../content.ts'
import { MAX_EVENT_TAGS, MAX_TAG_VALUES } from './limits.ts'
import { readEvent } from './event.ts'
import { eventExpiry, eventSlot, ownerOf, timeOfEvent } from './event-record.ts'
import { eventDocument, eventId, eventJson, eventMessage, eventOf, eventPieces } from './event-text.ts'
import { fromHex } from './hex.ts'
import { kindClass } from './kinds.ts'
import { coordinateOf, deletionTargets, indexedTags, isProtected, vanishRelays } from './tags.ts'
import { schnorr as inBrowsers } from './schnorr-web.ts'
import { verifySchnorr } from './verify.ts'

/** The cases of a file. What lies in them is described by the file; `any` is what JSON.parse gives. */
type Case = Record<string, any> & { name: string }
const load = (name: string): { context: Case; valid: Case[]; invalid: Case[] } =>
  JSON.parse(readFileSync(new URL(`../../../../../vectors/${name}`, import.meta.url), 'utf8'))

describe('nostr.json', () => {
  const { valid, invalid } = load('nostr.json')
  it.each(valid)('reads $name, and finds what follows from it', ({ event, deletes, vanishes, ...facts }) => {
    const read = readEvent({ ...event, more: 1 })
    expect(read).toEqual({ ok: true, value: event })
    expect(eventId(event)).toBe(event.id)
    const document = eventDocument(event)
    const { id, ...rest } = event
    expect(document).toBe(canonicalJson({ _id: id, ...rest }))
    expect(eventOf(document)).toEqual(event)
    expect(JSON.parse(eventJson(eventPieces(document)))).toEqual(event)
    expect({
      name: facts.name,
      message: eventMessage(event),
      document,
      json: eventJson(eventPieces(document)),
      class: kindClass(event.kind),
      coordinate: coordinateOf(event) ?? null,
      owner: ownerOf(event),
      slot: toHex(eventSlot(event)),
      at: timeOfEvent(event.created_at) ?? null,
      exp: eventExpiry(event),
      isProtected: isProtected(event),
      tags: indexedTags(event),
    }).toEqual(facts)
    expect(event.kind === 5 ? deletionTargets(event) : null).toEqual(deletes)
    expect(event.kind === 62 ? vanishRelays(event) : null).toEqual(vanishes)
  })

  it.each(valid)('has signed $name', async ({ event }) => {
    expect(await verifySchnorr([{ hash: fromHex(event.id), key: fromHex(event.pubkey), signature: fromHex(event.sig) }])).toEqual([true])
  })

  it.each(invalid)('refuses $name', ({ event, reason }) => {
    expect(readEvent(event)).toEqual({ ok: false, reason })
  })

  it('refuses tags beyond their limits', () => {
    const [{ event }] = valid as [Case]
    const of = (tags: unknown) => readEvent({ ...event, tags })
    expect([of(Array.from({ length: MAX_EVENT_TAGS }, () => [])).ok, of(Array.from({ length: MAX_EVENT_TAGS + 1 }, () => []))]).toEqual([
      true,
      { ok: false, reason: 'too-large' },
    ])
    expect([of([Array(MAX_TAG_VALUES).fill('')]).ok, of([Array(MAX_TAG_VALUES + 1).fill('')])]).toEqual([true, { ok: false, reason: 'too-large' }])
  })

  it('gives rising times to rising seconds', () => {
    const [before, after] = [1_735_690_023, 1_735_690_025]
    const times = Array.from({ length: after - before + 1 }, (_, i) => timeOfEvent(before + i) ?? Number.NaN)
    expect(times.every((time, i) => i === 0 || time > (times[i - 1] ?? 0))).toBe(true)
  })
})

describe('schnorr.json', () => {
  const { valid, invalid } = load('schnorr.json')

  it('is what browsers say of it too', () => {
    const verified = [...valid, ...invalid].map(({ key, hash, signature }) => inBrowsers.verify(fromHex(signature), fromHex(hash), fromHex(key)))
    expect(verified).toEqual([...valid.map(() => true), ...invalid.map(() => false)])
  })

  const checkOf = ({ key, hash, signature }: Case) => ({ key: fromHex(key), hash: fromHex(hash), signature: fromHex(signature) })

  it('accepts and refuses all at once as one by one', async () => {
    expect(await verifySchnorr([...valid, ...invalid].map(checkOf))).toEqual([...valid.map(() => true), ...invalid.map(() => false)])
  })

  it.each(valid)('accepts $name', async (one) => {
    expect(await verifySchnorr([checkOf(one)])).toEqual([true])
  })

  it.each(invalid)('refuses $name', async (one) => {
    expect(await verifySchnorr([checkOf(one)])).toEqual([false])
  })

  it('refuses keys and signatures of other lengths', async () => {
    const { key, hash, signature } = checkOf(valid[0] as Case)
    const checks = [
      { key: new Uint8Array([2, ...key]), hash, signature },
      { key, hash, signature: signature.subarray(1) },
      { key, hash, signature: new Uint8Array(65) },
    ]
    expect(await verifySchnorr(checks)).toEqual([false, false, false])
  })
})
