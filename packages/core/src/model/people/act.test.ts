import { describe, expect, it } from 'vitest'
import { equalBytes } from '../bytes.ts'
import { encodeCbor } from '../encoding/cbor.ts'
import { cidOf, DAG_CBOR } from '../encoding/cid.ts'
import { type Identity, identityFromSeed } from '../keys/identity.ts'
import { MAX_ACT_BYTES, MAX_ACT_PARENTS, MAX_REMOVED_RECORDS } from '../limits.ts'
import { decodeAct, signAct, signDevice } from './act.ts'
import type { ActContent } from './act-content.ts'
import { authorName, identityFor, isAuthorLength, isSameKey, isSamePrincipal, keyOf, namesAuthor, personOf, principalOf } from './author.ts'
import { createPerson, decodePerson } from './person.ts'
import { fc } from '../../testing/fast-check.ts'

const laptop = identityFromSeed(new Uint8Array(32).fill(1))
const phone = identityFromSeed(new Uint8Array(32).fill(2))
const recovery = identityFromSeed(new Uint8Array(32).fill(3))
const person = createPerson({ device: laptop, recovery: recovery.author, nonce: new Uint8Array(16) })
const log = person.cid
const hash = (n: number): Uint8Array => new Uint8Array(32).fill(n)
const add = (key: Identity, at = log): ActContent => ({ type: 'add', key: key.author, label: 'Phone', proof: signDevice(at, key) })

describe('who signs', () => {
  const forPerson = identityFor(person.digest, phone)

  it('is a key, or a key for a person', () => {
    expect([keyOf(phone.author), personOf(phone.author), principalOf(phone.author)]).toEqual([phone.author, undefined, phone.author])
    expect([keyOf(forPerson.author), personOf(forPerson.author), principalOf(forPerson.author)]).toEqual([phone.author, person.digest, person.digest])
    expect([33, 34, 35, 65, 66, 67].map(isAuthorLength)).toEqual([false, true, false, false, true, false])
    expect(identityFor(person.digest, forPerson).author).toEqual(forPerson.author)
  })

  it('is the same principal on all devices of a person, and not the key by itself', () => {
    const onLaptop = identityFor(person.digest, laptop)
    expect(isSamePrincipal(forPerson.author, onLaptop.author)).toBe(true)
    expect(isSameKey(forPerson.author, onLaptop.author)).toBe(false)
    expect(isSamePrincipal(forPerson.author, phone.author)).toBe(false)
    expect(isSameKey(forPerson.author, phone.author)).toBe(true)
    expect(authorName(forPerson.author)).toBe(person.cid.toString())
    expect(namesAuthor(`${authorName(forPerson.author)}/x`)).toBe(true)
    expect(namesAuthor(`${authorName(phone.author)}/x`)).toBe(true)
  })
})

describe('a person', () => {
  it('is named by what they begin with, in one form', () => {
    expect(decodePerson(person.bytes)).toEqual({ ok: true, value: person })
    expect(cidOf(DAG_CBOR, person.digest)).toEqual(person.cid)
    for (const [change, reason] of [
      [{ nonce: new Uint8Array(15) }, 'malformed'],
      [{ device: new Uint8Array(34) }, 'bad-key'],
      [{ recovery: recovery.author }, 'malformed'],
      [{ net: log }, 'malformed'],
      [{ v: 2 }, 'unsupported'],
      [{ nonce: new Uint8Array(300) }, 'too-large'],
    ] as const)
      expect(decodePerson(encodeCbor({ ...person.genesis, ...change }))).toEqual({ ok: false, reason })
  })
})

describe('an act', () => {
  const contents: readonly ActContent[] = [
    add(phone),
    { type: 'revoke', key: phone.author, until: 5 },
    { type: 'revoke', key: phone.author, until: 5, void: true },
    { type: 'label', key: phone.author, label: '' },
    { type: 'rotate', next: hash(1) },
    { type: 'confirm' },
    { type: 'grant', to: person.digest, role: 'write', from: 1, until: 1, collection: 'docs' },
    { type: 'grant', to: phone.author, role: 'manage', from: 0 },
    { type: 'dismiss', who: person.digest, until: 9, void: true },
    { type: 'remove', records: Array.from({ length: MAX_REMOVED_RECORDS }, (_, i) => hash(i)) },
  ]

  it.each(contents)('that says $type comes back as it was signed, and changed nowhere', async (content) => {
    const parents = Array.from({ length: MAX_ACT_PARENTS }, (_, i) => hash(200 - i))
    const signed = signAct({ log, parents, via: hash(7), at: 3, do: content }, identityFor(person.digest, laptop))
    expect(signed.bytes.length).toBeLessThanOrEqual(MAX_ACT_BYTES)
    expect(await decodeAct(signed.bytes, signed.signature)).toEqual({ ok: true, value: signed })
    await fc.assert(
      fc.asyncProperty(fc.nat(signed.bytes.length - 1), fc.integer({ min: 1, max: 255 }), async (at, by) => {
        const changed = signed.bytes.with(at, (signed.bytes[at] ?? 0) ^ by)
        expect((await decodeAct(changed, signed.signature)).ok).toBe(equalBytes(changed, signed.bytes))
      }),
      { numRuns: 30 },
    )
  })

  it('is refused where something of it cannot be', async () => {
    const { act } = signAct({ log, parents: [hash(1), hash(2)], at: 3, do: { type: 'confirm' } }, laptop)
    const grant = { type: 'grant', to: phone.author, role: 'write', from: 5 }
    for (const [change, reason] of [
      [{ parents: [hash(2), hash(1)] }, 'malformed'],
      [{ parents: [hash(1), hash(1)] }, 'malformed'],
      [{ parents: Array.from({ length: MAX_ACT_PARENTS + 1 }, (_, i) => hash(i)) }, 'malformed'],
      [{ via: new Uint8Array(31) }, 'malformed'],
      [{ by: new Uint8Array(35) }, 'malformed'],
      [{ log: person.digest }, 'malformed'],
      [{ do: { type: 'bless' } }, 'unsupported'],
      [{ do: { type: 'confirm', key: phone.author } }, 'malformed'],
      [{ do: { type: 'label', key: phone.author, label: 'x'.repeat(65) } }, 'malformed'],
      [{ do: { type: 'label', key: hash(1), label: 'x' } }, 'malformed'],
      [{ do: { type: 'revoke', key: phone.author, until: 5, void: false } }, 'malformed'],
      [{ do: { ...grant, until: 4 } }, 'malformed'],
      [{ do: { ...grant, role: 'owner' } }, 'malformed'],
      [{ do: { ...grant, role: 'manage', collection: 'docs' } }, 'malformed'],
      [{ do: { ...grant, collection: 'no name' } }, 'malformed'],
      [{ do: { type: 'remove', records: [] } }, 'malformed'],
    ] as const) {
      const bytes = encodeCbor({ ...act, ...change })
      expect(await decodeAct(bytes, new Uint8Array(64)), JSON.stringify(change)).toEqual({ ok: false, reason })
    }
  })

  it('adds only a device that wants to be one of this person’s', async () => {
    const other = createPerson({ device: phone, recovery: recovery.author, nonce: new Uint8Array(16) })
    const claimed = signAct({ log, parents: [], at: 3, do: add(phone, other.cid) }, laptop)
    expect(await decodeAct(claimed.bytes, claimed.signature)).toEqual({ ok: false, reason: 'bad-signature' })
    const [good, bad] = [signAct({ log, parents: [], at: 3, do: add(phone) }, laptop), signAct({ log, parents: [], at: 3, do: add(phone) }, phone)]
    expect(await decodeAct(good.bytes, bad.signature)).toEqual({ ok: false, reason: 'bad-signature' })
  })
})
