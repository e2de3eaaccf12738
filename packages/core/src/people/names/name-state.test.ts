import { describe, expect, it } from 'vitest'
import { sha256 } from '#crypto'
import { compareBytes, toHex } from '../../model/bytes.ts'
import { encodeCbor } from '../../model/encoding/cbor.ts'
import { cidOf, DAG_CBOR } from '../../model/encoding/cid.ts'
import { type Identity, identityFromSeed } from '../../model/keys/identity.ts'
import { createNetwork, decodeNetwork, type Network } from '../../model/network/network.ts'
import { type ClaimRefusal, decideClaim, decideDenial } from './decide-claim.ts'
import { GRACE_MS, LEASE_MS, QUARANTINE_MS, WAITING_MS } from './limits.ts'
import { type ActsFor, isDoubleGrant, type NameState, nameState } from './name-state.ts'
import { claimName, grantName, type NameClaim, releaseName, transferName, type VerifiedStatement, verifyStatement } from './statements.ts'
import { fc } from '../../testing/fast-check.ts'

const keys = Array.from({ length: 6 }, (_, i) => identityFromSeed(sha256(`key ${i}`))) as [Identity, Identity, Identity, Identity, Identity, Identity]
const [one, two, three, aliceKey, bobKey, thiefKey] = keys
const [alice, bob] = [sha256('alice'), sha256('bob')]
const network = createNetwork('names', {
  nonce: new Uint8Array(16),
  names: { authorities: [one, two, three].map(({ author }) => author), quorum: 2 },
})
const net = network.cid
const NOW = Date.UTC(2026, 0, 1)

/** Alice's and Bob's devices act for them; a thief's for Alice until it is revoked. */
const actsFor: ActsFor = (person, key, at) => {
  const is = (whose: Uint8Array, by: Identity): boolean => person.equals(cidOf(DAG_CBOR, whose)) && toHex(key) === toHex(by.author)
  return is(alice, aliceKey) || is(bob, bobKey) || (is(alice, thiefKey) && (at === 'ever' || at < NOW))
}

interface Wanting {
  readonly who?: Uint8Array
  readonly by?: Identity
  readonly at?: number
  readonly name?: string
  readonly via?: Uint8Array | null
}

function claim({ who = alice, by = aliceKey, at = NOW, name = 'zoe', via = null }: Wanting = {}): VerifiedStatement<NameClaim> {
  return claimName({ net, name, person: who, at, via }, by)
}

/** What an authority that keeps to the rules says. */
function decide(
  wanted: VerifiedStatement<NameClaim>,
  authority: Identity,
  statements: readonly VerifiedStatement[],
  now = NOW,
): ClaimRefusal | VerifiedStatement {
  const decided = decideClaim(wanted, { network, authority, statements, actsFor, now })
  return decided.ok ? decided.grant : decided.reason
}

/** A claim with the grants of authorities, whatever those should have said. */
function granted(wanted: VerifiedStatement<NameClaim>, from = NOW, by: readonly Identity[] = [one, two]): readonly VerifiedStatement[] {
  const { name, person } = wanted.value
  return [wanted, ...by.map((authority) => grantName({ net, name, person, claim: wanted.hash, from, until: from + LEASE_MS }, authority))]
}

function stateAt(statements: readonly VerifiedStatement[], now = NOW, name = 'zoe'): NameState {
  return nameState({ network, name, statements, actsFor, now })
}

const DAY = 24 * 60 * 60_000
const held = (who: Uint8Array) => expect.objectContaining({ state: 'held', person: who })

describe('a granted name', () => {
  it('is its holder’s with the grants of a quorum, for a year, and some time to renew it; nobody else’s for a while after', () => {
    const statements = granted(claim())
    expect(stateAt(granted(claim(), NOW, [one]))).toEqual({ state: 'free', doubles: [] })
    expect(stateAt(statements)).toEqual(held(alice))
    expect(stateAt(statements, NOW - 1)).toMatchObject({ state: 'free' })
    expect(stateAt(statements, NOW + LEASE_MS - 1)).toMatchObject({ state: 'held' })
    expect(stateAt(statements, NOW + LEASE_MS)).toMatchObject({ state: 'grace', person: alice })
    expect(stateAt(statements, NOW + LEASE_MS + GRACE_MS)).toMatchObject({ state: 'quarantine', person: alice })
    expect(stateAt(statements, NOW + LEASE_MS + GRACE_MS + QUARANTINE_MS)).toMatchObject({ state: 'free' })
  })

  it('is renewed before its end, in the grace, and after it too while it waits', () => {
    for (const later of [LEASE_MS - DAY, LEASE_MS + DAY, LEASE_MS + GRACE_MS + DAY]) {
      const first = granted(claim())
      const again = claim({ at: NOW + later })
      const grants = [one, three].map((authority) => decide(again, authority, first, NOW + later))
      expect(grants.every((grant) => typeof grant !== 'string')).toBe(true)
      expect(stateAt([...first, again, ...(grants as VerifiedStatement[])], NOW + later)).toMatchObject({
        state: 'held',
        person: alice,
        until: NOW + later + LEASE_MS,
      })
    }
    const early = NOW + 30 * DAY
    expect(decide(claim({ at: early }), one, granted(claim()), early)).toBe('name-early')
  })

  it('that was given up is nobody’s at once, and not another’s for a while; its holder gets it back', () => {
    const at = NOW + 10 * DAY
    const statements = [...granted(claim()), releaseName({ net, name: 'zoe', person: alice, at }, aliceKey)]
    expect(stateAt(statements, at - 1)).toEqual(held(alice))
    expect(stateAt(statements, at)).toMatchObject({ state: 'quarantine', until: at + QUARANTINE_MS })
    const later = at + 20 * DAY
    expect(decide(claim({ who: bob, by: bobKey, at: later }), one, statements, later)).toBe('name-quarantined')
    const back = claim({ at: later })
    expect(stateAt([...statements, ...granted(back, later)], later)).toEqual(held(alice))
    const free = at + QUARANTINE_MS
    const next = claim({ who: bob, by: bobKey, at: free })
    expect(
      stateAt([...statements, next, ...[one, two].map((authority) => decide(next, authority, statements, free) as VerifiedStatement)], free),
    ).toEqual(held(bob))
    // Nobody but the holder gives it up.
    expect(
      stateAt(
        [
          ...granted(claim()),
          releaseName({ net, name: 'zoe', person: bob, at }, bobKey),
          releaseName({ net, name: 'zoe', person: alice, at }, thiefKey),
        ],
        at,
      ),
    ).toEqual(held(alice))
  })

  it('goes to whom its holder gives it, when that one claims it', () => {
    const at = NOW + DAY
    const given = transferName({ net, name: 'zoe', person: alice, to: bob, at }, aliceKey)
    const statements = [...granted(claim()), given]
    expect(stateAt(statements, at + 1)).toEqual(held(alice))
    const taken = claim({ who: bob, by: bobKey, at: at + 1, via: given.hash })
    const grants = [one, two].map((authority) => decide(taken, authority, statements, at + 1) as VerifiedStatement)
    const after = stateAt([...statements, taken, ...grants], at + 2)
    expect(after).toEqual(held(bob))
    expect(after.doubles).toEqual([])
    // One that somebody else gave, or that was meant for another one, is none.
    const forged = transferName({ net, name: 'zoe', person: alice, to: bob, at }, thiefKey)
    expect(decide(claim({ who: bob, by: bobKey, at: at + 1, via: forged.hash }), one, [...granted(claim()), forged], at + 1)).toBe('name-taken')
  })

  it('stays with its holder where whom they gave it to does not take it, and can be kept from them again', () => {
    const at = NOW + DAY
    const given = transferName({ net, name: 'zoe', person: alice, to: bob, at }, aliceKey)
    const statements = [...granted(claim()), given]
    expect(stateAt(statements, NOW + 300 * DAY)).toEqual(held(alice))
    // By giving it up and getting it back: what was said before that concerns another holding.
    const back = [releaseName({ net, name: 'zoe', person: alice, at: at + 1 }, aliceKey), ...granted(claim({ at: at + 2 }), at + 2)]
    const late = claim({ who: bob, by: bobKey, at: at + DAY, via: given.hash })
    expect(typeof decide(late, one, statements, at + DAY)).toBe('object')
    const after = [...statements, ...back]
    expect(decide(late, one, after, at + DAY)).toBe('name-taken')
    expect(stateAt([...after, ...granted(late, at + DAY)], at + DAY)).toEqual(held(alice))
  })

  it('is got by nobody who has three already, however many they claim', () => {
    const three = ['aa', 'bb', 'cc'].flatMap((name) => granted(claim({ name })))
    const wanted = claim({ name: 'n0' })
    for (let i = 0; i < 10_000; i++) {
      const more = { ...wanted, value: { ...wanted.value, name: `n${i}` } }
      if (decide(more, one, three) !== 'too-many-names') expect.unreachable(`n${i} was granted`)
    }
  })

  it('is claimed by devices of the person alone, now', () => {
    expect(stateAt(granted(claim({ by: bobKey })))).toMatchObject({ state: 'free' })
    expect(decide(claim({ by: bobKey }), one, [])).toBe('not-allowed')
    expect(decide(claim({ by: thiefKey, at: NOW + 1 }), one, [])).toBe('not-allowed')
    expect(decide(claim({ at: NOW - 2 * DAY }), one, [])).toBe('name-late')
    expect(decide(claim({ at: NOW + DAY }), one, [])).toBe('name-late')
    expect(decide(claim(), bobKey, [])).toBe('no-name-authority')
  })

  it('stays with its person whatever becomes of the device that claimed it', () => {
    const statements = granted(claim({ by: thiefKey, at: NOW }))
    expect(stateAt(statements)).toMatchObject({ state: 'held', person: alice })
    expect(decide(claim({ who: bob, by: bobKey }), one, statements)).toBe('name-taken')
    expect(decide(claim({ who: bob, by: bobKey, name: 'z0e' }), one, statements)).toBe('name-confusable')
    // What it says of giving it up counts only as long as it acts.
    const given = [releaseName({ net, name: 'zoe', person: alice, at: NOW + 1 }, thiefKey)]
    expect(stateAt([...statements, ...given], NOW + 2)).toMatchObject({ state: 'held', person: alice })
  })

  it('looks like none that somebody else has, and nobody gets more than three', () => {
    const taken = granted(claim({ name: 'zoe1' }))
    expect(decide(claim({ who: bob, by: bobKey, name: 'zoel' }), one, taken)).toBe('name-confusable')
    expect(typeof decide(claim({ name: 'zoel' }), one, taken)).toBe('object')
    const many = ['aa', 'bb', 'cc'].flatMap((name) => granted(claim({ name })))
    expect(decide(claim({ name: 'dd' }), one, many)).toBe('too-many-names')
    expect(typeof decide(claim({ who: bob, by: bobKey, name: 'dd' }), one, many)).toBe('object')
  })

  it('is not granted a second time by an authority that alone granted it until now', () => {
    const first = claim()
    const grant = decide(first, one, []) as VerifiedStatement
    const second = claim({ who: bob, by: bobKey })
    expect(decide(second, one, [first, grant])).toBe('name-taken')
    expect(typeof decide(second, two, [first, grant])).toBe('object')
  })
})

describe('a name that was granted twice', () => {
  it('has one winner, and proof of who granted it twice', () => {
    const first = granted(claim(), NOW, [one, two])
    const second = granted(claim({ who: bob, by: bobKey }), NOW + 1, [two, three])
    const state = stateAt([...first, ...second], NOW + 2)
    expect(state).toMatchObject({ state: 'held', person: alice })
    expect(state.doubles.map(({ authority }) => toHex(authority))).toEqual([toHex(two.author)])
    expect(state.doubles.every(({ grants }) => isDoubleGrant(grants))).toBe(true)
    expect(isDoubleGrant([first[1], first[2]] as never)).toBe(false)
    // Backdated by the one who granted twice, with another one who did not: those who granted one only decide.
    const all = [...granted(claim({ who: bob, by: bobKey }), NOW - DAY, [two, three]), ...granted(claim(), NOW, [one, two, three])]
    expect(stateAt(all)).toMatchObject({ state: 'held', person: alice })
  })

  it('has the same winner on every peer, whatever comes when and how often', () => {
    const names = fc.constantFrom(NOW, NOW + DAY, NOW + LEASE_MS + DAY, NOW + LEASE_MS + GRACE_MS + QUARANTINE_MS + DAY)
    const some = fc.subarray([one, two, three], { minLength: 1 })
    const lease = fc
      .tuple(fc.boolean(), names, some)
      .map(([isAlice, from, by]) => granted(claim(isAlice ? { at: from } : { who: bob, by: bobKey, at: from }), from, by))
    const release = fc
      .tuple(fc.boolean(), names)
      .map(([isAlice, at]) => [releaseName({ net, name: 'zoe', person: isAlice ? alice : bob, at }, isAlice ? aliceKey : bobKey)])
    const transfer = names.map((at) => {
      const given = transferName({ net, name: 'zoe', person: alice, to: bob, at }, aliceKey)
      return [given, ...granted(claim({ who: bob, by: bobKey, at, via: given.hash }), at)]
    })
    const all = fc.array(fc.oneof(lease, release, transfer), { maxLength: 6 }).map((groups) => groups.flat())
    fc.assert(
      fc.property(
        all.chain((statements) =>
          fc.tuple(fc.constant(statements), fc.shuffledSubarray([...statements, ...statements], { minLength: 2 * statements.length })),
        ),
        names,
        ([statements, shuffled], now) => {
          expect(stateAt(shuffled, now + 1)).toEqual(stateAt(statements, now + 1))
        },
      ),
      { numRuns: 300 },
    )
  })
})

describe('a name of which several have some grants', () => {
  const many = Array.from({ length: 5 }, (_, i) => identityFromSeed(sha256(`many ${i}`)))
  const persons = [
    { who: alice, by: aliceKey },
    { who: bob, by: bobKey },
  ] as const

  /** A network of so many authorities, each with what it was told. */
  function authorities(count: number, quorum: number) {
    const split = createNetwork('split', {
      nonce: new Uint8Array(16),
      names: { authorities: many.slice(0, count).map(({ author }) => author), quorum },
    })
    const all: VerifiedStatement[] = []
    const wanted = (i: 0 | 1, at = NOW): VerifiedStatement<NameClaim> =>
      claimName({ net: split.cid, name: 'zoe', person: persons[i].who, at, via: null }, persons[i].by)
    /** What one of them says, who has heard everything. */
    const ask = (claimed: VerifiedStatement<NameClaim>, by: Identity, now = NOW): ClaimRefusal | 'granted' => {
      const decided = decideClaim(claimed, { network: split, authority: by, statements: all, actsFor, now })
      if (decided.ok) all.push(claimed, decided.grant)
      return decided.ok ? 'granted' : decided.reason
    }
    const deny = (claimed: VerifiedStatement<NameClaim>, by: Identity, now = NOW): boolean => {
      const decided = decideDenial(claimed, { network: split, authority: by, statements: all, actsFor, now })
      if (decided.ok) all.push(decided.denial)
      return decided.ok
    }
    const state = (now = NOW): NameState => nameState({ network: split, name: 'zoe', statements: all, actsFor, now })
    return { split, all, wanted, ask, deny, state, keys: many.slice(0, count) }
  }

  it('is that one’s whose claim has the lowest hash, whoever asked whom, and none has it twice', () => {
    fc.assert(
      fc.property(fc.integer({ min: 2, max: 5 }), fc.nat(), fc.array(fc.boolean(), { minLength: 5, maxLength: 5 }), (count, more, asksAlice) => {
        const quorum = Math.floor(count / 2) + 1 + (more % (count - Math.floor(count / 2)))
        const { wanted, ask, deny, state, keys } = authorities(count, quorum)
        const claims = [wanted(0), wanted(1)] as const
        for (const [i, key] of keys.entries()) ask(claims[asksAlice[i] === true ? 0 : 1], key)
        const before = state()
        const [first, second] = compareBytes(claims[0].hash, claims[1].hash) < 0 ? claims : [claims[1], claims[0]]
        for (const key of keys) deny(second, key)
        for (const key of keys) deny(first, key)
        for (const key of keys) ask(first, key)
        for (const key of keys) ask(second, key)
        const after = state()
        expect(after.doubles).toEqual([])
        // What was decided stays.
        if (before.state === 'held') expect(after).toEqual(before)
        else expect(after).toMatchObject({ state: 'held', person: first.value.person })
      }),
      { numRuns: 60 },
    )
  })

  it('is not blocked by who went away with some grants: after a day nobody grants that claim any more', () => {
    const { wanted, ask, deny, state, keys } = authorities(4, 3)
    const gone = wanted(0)
    for (const key of keys.slice(0, 2)) ask(gone, key)
    // As many as are needed that have not granted it.
    const later = NOW + DAY + 1
    const next = wanted(1, later)
    expect(keys.map((key) => ask(next, key, later))).toEqual(['name-taken', 'name-taken', 'granted', 'granted'])
    expect(keys.map((key) => deny(gone, key, later))).toEqual([false, false, true, true])
    expect(keys.slice(0, 2).map((key) => ask(next, key, later))).toEqual(['granted', 'granted'])
    expect(state(later)).toMatchObject({ state: 'held', person: bob, doubles: [] })
  })

  it('is not blocked by two who have all the authorities between them and are gone', () => {
    const { wanted, ask, deny, state, keys } = authorities(3, 3)
    const [first, second, third] = keys as [Identity, Identity, Identity]
    const gone = [wanted(0), wanted(1)] as const
    for (const key of [first, second]) ask(gone[0], key)
    ask(gone[1], third)
    const later = NOW + DAY + 1
    const next = wanted(1, later)
    expect(keys.map((key) => ask(next, key, later))).toEqual(['name-taken', 'name-taken', 'granted'])
    expect([deny(gone[0], third, later), deny(gone[1], first, later)]).toEqual([true, true])
    expect([first, second].map((key) => ask(next, key, later))).toEqual(['granted', 'granted'])
    expect(state(later)).toMatchObject({ state: 'held', person: bob, doubles: [] })
  })

  it('goes on after a week where one of three authorities is gone and the others granted two persons one each', () => {
    const { wanted, ask, deny, state, keys, all, split } = authorities(3, 2)
    const [first, second, gone] = keys as [Identity, Identity, Identity]
    const [mine, theirs] = [wanted(0), wanted(1)]
    expect([ask(mine, first), ask(theirs, second)]).toEqual(['granted', 'granted'])
    const early = NOW + WAITING_MS - 1
    expect([deny(theirs, first, early), deny(theirs, second, early)]).toEqual([true, false])
    const later = NOW + WAITING_MS + 1
    const again = wanted(0, later)
    expect([ask(again, first, later), ask(again, second, later)]).toEqual(['granted', 'name-taken'])
    expect(deny(theirs, second, later)).toBe(true)
    expect(ask(again, second, later)).toBe('granted')
    expect(state(later)).toMatchObject({ state: 'held', person: alice, doubles: [] })
    // The one that is gone had granted the other claim, and its person comes with that only now: the name stays, and nobody has granted twice.
    const { name, person } = theirs.value
    all.push(grantName({ net: split.cid, name, person, claim: theirs.hash, from: NOW, until: NOW + LEASE_MS }, gone))
    expect(state(later)).toMatchObject({ state: 'held', person: alice, doubles: [] })
  })

  it('is shown with a quorum in time, and denied by nobody then', () => {
    const { wanted, ask, deny, keys } = authorities(3, 2)
    const [first, second, third] = keys as [Identity, Identity, Identity]
    const claimed = wanted(0)
    for (const key of [first, second]) ask(claimed, key)
    for (const later of [NOW + WAITING_MS + 1, NOW + LEASE_MS + 1])
      for (const key of [first, second, third]) expect(deny(claimed, key, later)).toBe(false)
  })

  it('is claimed, renewed, given up, claimed by its holder again and given to another one with two of three authorities', () => {
    const { split, all, wanted, ask, state, keys } = authorities(3, 2)
    const two = keys.slice(0, 2)
    const both = (claimed: VerifiedStatement<NameClaim>, now: number): readonly unknown[] => two.map((key) => ask(claimed, key, now))
    expect(both(wanted(0), NOW)).toEqual(['granted', 'granted'])
    const renewing = NOW + LEASE_MS - DAY
    expect(both(wanted(0, renewing), renewing)).toEqual(['granted', 'granted'])
    expect(state(renewing)).toMatchObject({ state: 'held', person: alice, until: renewing + LEASE_MS })
    const left = renewing + DAY
    all.push(releaseName({ net: split.cid, name: 'zoe', person: alice, at: left }, aliceKey))
    expect(state(left + 1)).toMatchObject({ state: 'quarantine', person: alice })
    expect(both(wanted(0, left + 2), left + 2)).toEqual(['granted', 'granted'])
    const given = transferName({ net: split.cid, name: 'zoe', person: alice, at: left + 3, to: bob }, aliceKey)
    all.push(given)
    const taken = claimName({ net: split.cid, name: 'zoe', person: bob, at: left + 4, via: given.hash }, bobKey)
    expect(both(taken, left + 4)).toEqual(['granted', 'granted'])
    expect(state(left + 5)).toMatchObject({ state: 'held', person: bob, doubles: [] })
  })

  it('is denied to nobody who has it, who was granted nothing, or whom this authority granted it', () => {
    const { wanted, ask, deny, keys } = authorities(3, 2)
    const [first, second, third] = keys as [Identity, Identity, Identity]
    const claimed = wanted(0)
    expect(deny(claimed, first, NOW + 2 * DAY)).toBe(false)
    ask(claimed, first)
    expect(deny(claimed, first, NOW + 2 * DAY)).toBe(false)
    expect(deny(claimed, second)).toBe(false)
    ask(claimed, second)
    expect(deny(claimed, third, NOW + 2 * DAY)).toBe(false)
  })

  it('is kept by its holder against authorities that grant what they said they never would', () => {
    const { split, wanted, ask, deny, state, all, keys } = authorities(4, 3)
    const claims = [wanted(0), wanted(1)] as const
    const [winner, loser] = compareBytes(claims[0].hash, claims[1].hash) < 0 ? claims : [claims[1], claims[0]]
    for (const key of keys.slice(2)) ask(loser, key, NOW - 1000)
    for (const key of keys.slice(0, 2)) ask(winner, key)
    for (const key of keys.slice(0, 2)) expect(deny(loser, key)).toBe(true)
    expect(ask(winner, keys[2] as Identity)).toBe('granted')
    expect(ask(loser, keys[0] as Identity)).toBe('name-taken')
    const { name, person } = loser.value
    all.push(grantName({ net: split.cid, name, person, claim: loser.hash, from: NOW - 1000, until: NOW + DAY }, keys[0] as Identity))
    expect(state(NOW + 1)).toMatchObject({ state: 'held', person: winner.value.person })
  })
})

describe('statements about names', () => {
  it('are refused for what is wrong with them', async () => {
    const good = granted(claim())
    for (const { signed } of good) expect(await verifyStatement(signed, network)).toMatchObject({ ok: true })
    const reason = async (statement: VerifiedStatement): Promise<unknown> => {
      const verdict = await verifyStatement(statement.signed, network)
      return verdict.ok ? 'good' : verdict.reason
    }
    const wanted = claim()
    const fields = { net, name: 'zoe', person: alice, claim: wanted.hash, from: NOW, until: NOW + LEASE_MS }
    expect(await reason(grantName(fields, bobKey))).toBe('not-allowed')
    expect(await reason(grantName({ ...fields, until: NOW + LEASE_MS + 1 }, one))).toBe('malformed')
    expect(await reason(grantName({ ...fields, until: NOW }, one))).toBe('malformed')
    expect(await reason(claim({ name: 'аlice' }))).toBe('malformed')
    expect(await reason(claim({ name: 'admin' }))).toBe('malformed')
    expect(await reason(claimName({ net: createNetwork('other').cid, name: 'zoe', person: alice, at: NOW, via: null }, aliceKey))).toBe(
      'wrong-network',
    )
    expect(await verifyStatement({ bytes: wanted.signed.bytes, signature: new Uint8Array(64) }, network)).toEqual({
      ok: false,
      reason: 'bad-signature',
    })
    expect(await verifyStatement({ bytes: encodeCbor({ ...wanted.value, more: 1 }), signature: new Uint8Array(64) }, network)).toEqual({
      ok: false,
      reason: 'malformed',
    })
    // In a network without authorities there are no grants.
    expect(
      await verifyStatement(
        grantName({ ...fields, net: createNetwork('x', { nonce: new Uint8Array(16) }).cid }, one).signed,
        createNetwork('x', { nonce: new Uint8Array(16) }),
      ),
    ).toEqual({ ok: false, reason: 'not-allowed' })
  })

  it('are judged by a descriptor whose quorum can be reached', () => {
    const changed = (names: unknown): unknown => {
      const decoded = decodeNetwork(encodeCbor({ ...network.descriptor, names }))
      return decoded.ok ? 'good' : decoded.reason
    }
    const keys = [one.author, two.author]
    expect(changed({ authorities: keys, quorum: 2 })).toBe('good')
    const bad: unknown[] = [
      { authorities: keys, quorum: 3 },
      { authorities: keys, quorum: 0 },
      { authorities: [], quorum: 0 },
      { authorities: [one.author, one.author], quorum: 1 },
      { authorities: keys },
      null,
    ]
    for (const names of bad) expect(changed(names)).toBe('malformed')
    expect(changed({ authorities: [new Uint8Array(34)], quorum: 1 })).toBe('bad-key')
    const with_: Network = network
    expect(with_.descriptor.names?.quorum).toBe(2)
  })
})
