import { createHash } from 'node:crypto'
import { toHex } from '@p2p-docstore/core'
import { fromHex, type NostrIds } from '@p2p-docstore/core/nostr'
import { nip77 } from 'nostr-tools'
import { describe, expect, it } from 'vitest'
import { ComparedSet } from './compared-set.ts'
import { openingMessage, reconcile } from './reconcile.ts'

interface Item {
  readonly at: number
  readonly id: string
}

/** Items of some seed; many in one second, as imports have. */
function items(count: number, seed: string, seconds = count): readonly Item[] {
  return Array.from({ length: count }, (_, i) => {
    const id = createHash('sha256').update(`${seed} ${i}`).digest('hex')
    return { at: 1_700_000_000 + (parseInt(id.slice(0, 8), 16) % seconds), id }
  })
}

function idsOf(all: readonly Item[]): NostrIds {
  const sorted = all.toSorted((a, b) => a.at - b.at || (a.id < b.id ? -1 : 1))
  const ids = new Uint8Array(sorted.length * 32)
  for (const [i, { id }] of sorted.entries()) ids.set(fromHex(id), i * 32)
  return { times: Float64Array.from(sorted, ({ at }) => at), ids }
}

const setOf = (all: readonly Item[]): ComparedSet => new ComparedSet(idsOf(all))

function theirs(all: readonly Item[], maxBytes: number): nip77.Negentropy {
  const storage = new nip77.NegentropyStorageVector()
  for (const { at, id } of all) storage.insert(at, id)
  storage.seal()
  return new nip77.Negentropy(storage, maxBytes)
}

function served(set: ComparedSet, hex: string, maxBytes: number): string {
  const done = reconcile(set, fromHex(hex), maxBytes)
  if (!done.ok) throw new Error(done.reason)
  expect(done.reply.length).toBeLessThanOrEqual(maxBytes)
  return toHex(done.reply)
}

const sorted = (all: Iterable<string>): readonly string[] => [...all].toSorted()
const only = (all: readonly Item[], others: readonly Item[]): readonly string[] => {
  const ids = new Set(others.map(({ id }) => id))
  return sorted(all.map(({ id }) => id).filter((id) => !ids.has(id)))
}

const CASES: readonly (readonly [what: string, mine: readonly Item[], yours: readonly Item[]])[] = [
  ['both are empty', [], []],
  ['one is empty', items(500, 'a'), []],
  ['the other is empty', [], items(500, 'a')],
  ['they are equal', items(3000, 'a'), items(3000, 'a')],
  ['they have nothing in common', items(700, 'a'), items(900, 'b')],
  ['each has something of its own', [...items(5000, 'a'), ...items(40, 'b')], [...items(5000, 'a'), ...items(60, 'c')]],
  ['many are of one second', [...items(2000, 'a', 3), ...items(300, 'b', 3)], [...items(2000, 'a', 3), ...items(300, 'c', 3)]],
]

describe('negentropy', () => {
  for (const [what, mine, yours] of CASES) {
    for (const maxBytes of [4096, 60_000]) {
      it(`finds for nostr-tools what differs where ${what}, in messages of ${maxBytes} bytes`, () => {
        const client = theirs(mine, maxBytes)
        const server = setOf(yours)
        const [have, need] = [new Set<string>(), new Set<string>()]
        for (let message: string | null = client.initiate(); message !== null; )
          message = client.reconcile(
            served(server, message, maxBytes),
            (id) => have.add(id),
            (id) => need.add(id),
          )
        expect([sorted(have), sorted(need)]).toEqual([only(mine, yours), only(yours, mine)])
      })

      it(`finds by itself what differs where ${what}, in messages of ${maxBytes} bytes`, () => {
        const [client, server] = [setOf(mine), setOf(yours)]
        const [have, need] = [new Set<string>(), new Set<string>()]
        let rounds = 0
        for (let message = openingMessage(client, maxBytes); message.length > 1; rounds++) {
          const done = reconcile(client, fromHex(served(server, toHex(message), maxBytes)), maxBytes, {
            have: (id) => have.add(id),
            need: (id) => need.add(id),
          })
          if (!done.ok) throw new Error(done.reason)
          message = done.reply
        }
        expect([sorted(have), sorted(need)]).toEqual([only(mine, yours), only(yours, mine)])
        expect(rounds).toBeLessThan(150)
        if (what === 'they are equal') expect(rounds).toBe(1)
      })
    }
  }

  it('begins as nostr-tools does, byte for byte', () => {
    for (const all of [[], items(10, 'a'), items(3000, 'a'), items(3000, 'a', 2)])
      expect(toHex(openingMessage(setOf(all), 60_000))).toBe(theirs(all, 60_000).initiate())
  })

  it('says which version it speaks, and refuses what is malformed', () => {
    const set = setOf(items(100, 'a'))
    expect(reconcile(set, Uint8Array.of(0x62, 1, 2, 3), 4096)).toEqual({ ok: true, reply: Uint8Array.of(0x61) })
    const bad = ['', '00', '70', '6100', '610000', '61000001', '610000020520', '61000003', '610021', '6180ffffffffffffffffff00']
    for (const hex of bad) expect([hex, reconcile(set, fromHex(hex), 4096)]).toEqual([hex, { ok: false, reason: 'malformed' }])
  })

  it('answers any bytes with a verdict, and what is cut anywhere', () => {
    const set = setOf(items(300, 'a'))
    const message = openingMessage(setOf(items(200, 'b')), 4096)
    for (let end = 0; end < message.length; end++) reconcile(set, message.subarray(0, end), 4096)
    for (let i = 0; i < 2000; i++) {
      const noise = createHash('sha512').update(`${i}`).digest()
      reconcile(set, Uint8Array.from([0x61, ...noise.subarray(0, i % 64)]), 4096)
      const turned = message.slice()
      turned[i % message.length] = i & 255
      reconcile(set, turned, 4096, { have: () => undefined, need: () => undefined })
    }
  })
})
