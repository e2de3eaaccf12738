import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { sha256 } from '#crypto'
import { concatBytes, toHex } from '../model/bytes.ts'
import { seededRandom } from '../testing/random.ts'
import { findDifferences, finish, slotsOf, treeOf } from '../testing/reconciliation.ts'
import { decodeQuestion, decodeReply, highOf, type Span } from './ranges.ts'
import { compareReply } from './reconcile.ts'
import type { TreeEntry } from './summed-tree.ts'

/** The cases of a file. What lies in them is described by the file; `any` is what JSON.parse gives. */
type Case = Record<string, any> & { name: string }
const load = (name: string): { valid: Case[]; invalid: Case[] } =>
  JSON.parse(readFileSync(new URL(`../../../../vectors/reconcile/${name}`, import.meta.url), 'utf8'))
const bytesOf = (hex: string): Uint8Array => Uint8Array.from(Buffer.from(hex, 'hex'))

/** Records from text: `n.v`, or `n` for version 0. */
function entriesOf(text: string, timeOf: (n: number, version: number) => number): TreeEntry[] {
  const words = text === '' ? [] : text.split(' ')
  return words.map((word) => {
    const [n = 0, version = 0] = word.split('.').map(Number)
    return { slot: sha256(`slot ${n}`).slice(0, 16), hash: sha256(`record ${n} ${version}`), at: timeOf(n, version) }
  })
}

/** Ranges as text, those in one that follow each other. */
function joined(spans: readonly Span[]): string[] {
  const lows = new Set(spans.map(({ low }) => toHex(low)))
  const highs = new Set(spans.map(({ high }) => toHex(high)))
  return spans.flatMap(({ low, high }) => [highs.has(toHex(low)) ? [] : toHex(low), lows.has(toHex(high)) ? [] : `to ${toHex(high)}`].flat())
}

const usualTime = (_: number, version: number): number => 1000 + version

describe('fingerprints.json', () => {
  const { valid } = load('fingerprints.json')
  it.each(valid.filter(({ hashes }) => hashes !== undefined))('$name', ({ hashes, fingerprint }) => {
    const entries = (hashes as string[]).map((hash, i) => ({ slot: new Uint8Array(16).fill(i), hash: bytesOf(hash), at: 1 }))
    expect(treeOf(entries).root()).toBe(fingerprint)
  })
  it.each(valid.filter(({ records }) => records !== undefined))('$name', ({ records, low, high, salt, fingerprint }) => {
    const entries = entriesOf(Array.from({ length: records }, (_, n) => n).join(' '), usualTime)
    const salted = entries.map((entry) => (salt === '' ? entry : { ...entry, hash: sha256(concatBytes(bytesOf(salt), entry.hash)) }))
    const span = { low: bytesOf(low), high: bytesOf(high) }
    expect(toHex(treeOf(salted).fingerprint(span.low, highOf(span)))).toBe(fingerprint)
  })
})

describe('messages.json', () => {
  const { valid, invalid } = load('messages.json')
  it.each(valid)('reads $name', ({ mine, question, reply, need, have, open }) => {
    const asked = decodeQuestion(bytesOf(question))
    if (!asked.ok) throw new Error(asked.reason)
    const ranges = decodeReply(bytesOf(reply), asked.value)
    if (!ranges.ok) throw new Error(ranges.reason)
    const { salt } = asked.value
    const entries = entriesOf(mine, usualTime)
    const tree = treeOf(salt === undefined ? entries : entries.map((entry) => ({ ...entry, hash: sha256(concatBytes(salt, entry.hash)) })))
    const difference = finish(compareReply(tree, asked.value, ranges.value, seededRandom(1).next))
    expect(slotsOf(difference.need)).toEqual(need)
    expect(slotsOf(difference.have)).toEqual(have)
    const next = difference.next === undefined ? undefined : decodeQuestion(difference.next)
    if (next?.ok === false) throw new Error(next.reason)
    expect(next?.value.salt).toEqual(next === undefined ? undefined : salt)
    expect(joined(next?.value.ranges ?? [])).toEqual(
      joined((open as [string, string][]).map(([low, high]) => ({ low: bytesOf(low), high: bytesOf(high) }))),
    )
  })
  it.each(invalid)('refuses a $name', ({ question, reply, reason }) => {
    const asked = decodeQuestion(bytesOf(question))
    if (reply === undefined) expect(asked).toEqual({ ok: false, reason })
    else expect(asked.ok && decodeReply(bytesOf(reply), asked.value)).toEqual({ ok: false, reason })
  })
})

/** What is to be fetched of the records that a side lacks: what is newer than what it has, or as old. */
function merged(lacking: readonly TreeEntry[], mine: readonly TreeEntry[]): string[] {
  const here = new Map(mine.map(({ slot, at }) => [toHex(slot), at]))
  return lacking
    .filter(({ slot, at }) => at >= (here.get(toHex(slot)) ?? 0))
    .map(({ slot }) => toHex(slot))
    .sort()
}

describe('negentropy.json', () => {
  const { valid } = load('negentropy.json')
  it.each(valid)('finds what the reference finds: $name', ({ times, mine, theirs, need, have }) => {
    const timeOf = (n: number, version: number): number => 1_700_000_000 + (times === 'equal' ? 0 : n + 100_000 * version)
    const [here, there] = [entriesOf(mine, timeOf), entriesOf(theirs, timeOf)]
    const found = findDifferences(treeOf(here), treeOf(there), { random: seededRandom(61).next })
    expect(found.need).toEqual(merged(entriesOf(need, timeOf), here))
    expect(found.have).toEqual(merged(entriesOf(have, timeOf), there))
  })
})
