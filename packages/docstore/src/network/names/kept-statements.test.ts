import { createNetwork, DAG_CBOR, cidOf, equalBytes, type Identity, identityFromSeed, sha256 } from '@p2p-docstore/core'
import {
  type ActsFor,
  claimName,
  denyName,
  grantName,
  LEASE_MS,
  QUARANTINE_MS,
  releaseName,
  transferName,
  type VerifiedStatement,
} from '@p2p-docstore/core/people/names'
import { describe, expect, it } from 'vitest'
import { keptStatements } from './kept-statements.ts'
import { MAX_STATEMENTS } from './limits.ts'

const key = (n: number): Identity => identityFromSeed(new Uint8Array(32).fill(n))
const [one, two, alice, thief] = [key(1), key(2), key(3), key(4)]
const network = createNetwork('kept', { names: { authorities: [one.author, two.author], quorum: 2 } })
const net = network.cid
const person = sha256('alice')
const NOW = Date.UTC(2026, 0, 1)
const name = 'alice'

function actsForOf(...devices: readonly Identity[]): ActsFor {
  return (who, by) => who.equals(cidOf(DAG_CBOR, person)) && devices.some(({ author }) => equalBytes(author, by))
}
const actsFor = actsForOf(alice, thief)

/** A claim and its grants. */
function lease(at: number, authorities: readonly Identity[] = [one, two], by = alice): readonly VerifiedStatement[] {
  const claim = claimName({ net, name, person, at, via: null }, by)
  return [claim, ...authorities.map((authority) => grantName({ net, name, person, claim: claim.hash, from: at, until: at + LEASE_MS }, authority))]
}

const kept = (known: readonly VerifiedStatement[], more: readonly VerifiedStatement[], acts = actsFor, now = NOW): readonly VerifiedStatement[] =>
  keptStatements(known, more, { network, name, actsFor: acts, now })

describe('of what is said about a name', () => {
  it('a claim without a grant is not kept, nor a grant without its claim', () => {
    const [claim, grant] = lease(NOW) as [VerifiedStatement, VerifiedStatement]
    expect(kept([], [claim])).toEqual([])
    expect(kept([], [grant])).toEqual([])
    expect(kept([], [claim, grant])).toEqual([claim, grant])
  })

  it('what authorities deny is kept with the claim, and denials of others are not', () => {
    const [claim, ...grants] = lease(NOW, [one])
    if (claim === undefined) throw new Error('a claim')
    const denial = denyName({ net, name, person, claim: claim.hash, at: NOW }, two)
    expect(kept([], [denial])).toEqual([])
    expect(kept([], [claim, denial])).toEqual([])
    expect(kept([], [claim, ...grants, denial])).toEqual([claim, ...grants, denial])
  })

  it('claims that too few granted give way to the one by which the name is held', () => {
    const held = lease(NOW - LEASE_MS / 2)
    let all = kept([], held)
    for (let i = 0; i < 60; i++) all = kept(all, lease(NOW + i, [one]))
    for (const statement of held) expect(all).toContain(statement)
    expect(all.length).toBeLessThanOrEqual(MAX_STATEMENTS)
  })

  it('hundreds of claims by one person leave no more than the latest', () => {
    let all: readonly VerifiedStatement[] = []
    for (let i = 0; i < 300; i++) all = kept(all, lease(NOW - 300 + i, [one]))
    expect(all.length).toBeLessThanOrEqual(MAX_STATEMENTS)
    expect(all.some(({ value }) => value.t === 'name-claim' && value.at === NOW - 1)).toBe(true)
  })

  it('what ran out goes after the quarantine', () => {
    const all = kept([], lease(NOW))
    const end = NOW + LEASE_MS + 30 * 24 * 60 * 60_000 + QUARANTINE_MS
    expect(kept(all, [], actsFor, end - 1)).toEqual(all)
    expect(kept(all, [], actsFor, end)).toEqual([])
  })

  it('words of who holds it are kept, few of them, and those of a device that was revoked give way', () => {
    const held = kept([], lease(NOW - 1000))
    const stranger = releaseName({ net, name, person: sha256('bob'), at: NOW }, key(9))
    const before = releaseName({ net, name, person, at: NOW - 2000 }, alice)
    const later = releaseName({ net, name, person, at: NOW + 60 * 60_000 }, alice)
    expect(kept(held, [stranger, before, later])).toEqual(held)
    const junk = Array.from({ length: 20 }, (_, i) => transferName({ net, name, person, at: NOW, to: sha256(`${i}`) }, thief))
    const full = kept(held, junk)
    expect(full.length).toBe(held.length + 8)
    const release = releaseName({ net, name, person, at: NOW }, alice)
    expect(kept(full, [release])).not.toContain(release)
    expect(kept(full, [release], actsForOf(alice))).toContain(release)
  })
})
