import { describe, expect, it } from 'vitest'
import { equalBytes, toHex } from '../bytes.ts'
import { keyNamed, PersonView } from '../../testing/log-writer.ts'
import { MAX_LOG_ACTS } from '../limits.ts'
import { sha256 } from '#crypto'
import type { SignedAct } from './act.ts'
import { identityFor } from './author.ts'
import { createPerson } from './person.ts'
import { grownPersonState, type PersonState, personState } from './person-state.ts'
import { fc } from '../../testing/fast-check.ts'

const NAMES = ['laptop', 'phone', 'tablet', 'watch', 'thief', 'words', 'new words', 'newest words']
const nameOf = (key: Uint8Array): string => NAMES.find((name) => equalBytes(keyNamed(name).author, key)) ?? '?'
const stateOf = (view: PersonView): PersonState => personState(view.person, view.acts)
/** Devices that act at a late time. */
const acting = (state: PersonState, at = 2_000_000): string[] =>
  state.devices
    .filter(({ key }) => state.acts(key, at) === 'yes')
    .map(({ key }) => nameOf(key))
    .toSorted()
const actingIn = (view: PersonView, ...others: readonly PersonView[]): string[] => {
  const all = view.fork()
  for (const other of others) all.learn(other.acts)
  return acting(stateOf(all))
}
const isStanding = (state: PersonState, { hash }: SignedAct): boolean => state.standing.has(toHex(hash))

describe('devices', () => {
  it('are the first one, and those that devices add', () => {
    const view = PersonView.create()
    expect(acting(stateOf(view))).toEqual(['laptop'])
    view.add('laptop', 'phone', 7)
    view.add('phone', 'tablet')
    view.label('tablet', 'phone', 'My phone')
    const state = stateOf(view)
    expect(acting(state)).toEqual(['laptop', 'phone', 'tablet'])
    expect(state.devices.find(({ label }) => label === 'My phone')).toMatchObject({ from: 7, key: keyNamed('phone').author })
    expect(state.acts(keyNamed('watch').author, 5)).toBe('no-device')
    expect(state.epoch).toBe(0)
  })

  it('are not added by who is none, nor by naming what does not say so', () => {
    const view = PersonView.create()
    const added = view.add('laptop', 'phone')
    view.add('thief', 'tablet')
    const [laptop, thief] = [keyNamed('laptop'), keyNamed('thief')]
    view.act(thief, { type: 'revoke', key: laptop.author, until: 0 }, { via: added.hash })
    view.act(identityFor(view.person.digest, laptop), { type: 'revoke', key: laptop.author, until: 0 })
    expect(acting(stateOf(view))).toEqual(['laptop', 'phone'])
    // Not even a device, without saying which act let it.
    view.act(keyNamed('phone'), { type: 'revoke', key: laptop.author, until: 0 }, { via: view.acts.at(-1)?.hash })
    expect(acting(stateOf(view))).toEqual(['laptop', 'phone'])
  })

  it('that are revoked have a cut, and do not come back', () => {
    const view = PersonView.create()
    view.add('laptop', 'phone')
    view.revoke('laptop', 'phone', 500)
    view.add('laptop', 'phone')
    view.add('phone', 'tablet')
    const state = stateOf(view)
    expect(acting(state)).toEqual(['laptop'])
    expect([500, 501].map((at) => state.acts(keyNamed('phone').author, at))).toEqual(['yes', 'revoked'])
    expect(state.epoch).toBe(1)
    view.revoke('laptop', 'phone', 400, true)
    expect([0, 400, 500].map((at) => stateOf(view).acts(keyNamed('phone').author, at))).toEqual(['revoked', 'revoked', 'revoked'])
  })

  it('may end themselves', () => {
    const view = PersonView.create()
    view.add('laptop', 'phone')
    view.revoke('phone', 'phone')
    expect(acting(stateOf(view))).toEqual(['laptop'])
  })

  it('that two devices revoke, apart, have the earlier cut and count twice', () => {
    const a = PersonView.create()
    a.add('laptop', 'phone')
    a.add('laptop', 'tablet')
    const b = a.fork()
    a.revoke('laptop', 'tablet', 300)
    b.revoke('phone', 'tablet', 200)
    a.learn(b.acts)
    expect(stateOf(a)).toMatchObject({ epoch: 2 })
    expect([200, 201].map((at) => stateOf(a).acts(keyNamed('tablet').author, at))).toEqual(['yes', 'revoked'])
  })
})

describe('removal is strong', () => {
  function apart(): { owner: PersonView; thief: PersonView } {
    const owner = PersonView.create()
    owner.add('laptop', 'phone')
    owner.add('laptop', 'thief')
    return { owner, thief: owner.fork() }
  }

  it('what a removed device did without its lying before the removal is void, however it is dated', () => {
    const { owner, thief } = apart()
    owner.revoke('laptop', 'thief')
    const added = thief.add('thief', 'tablet', 1)
    const label = thief.label('thief', 'phone', 'Mine')
    const removed = thief.revoke('thief', 'phone')
    thief.add('tablet', 'watch')
    owner.learn(thief.acts)
    const state = stateOf(owner)
    expect(acting(state)).toEqual(['laptop', 'phone'])
    for (const signed of [added, label, removed]) expect(isStanding(state, signed)).toBe(false)
    expect(state.epoch).toBe(1)
  })

  it('what it did before stands', () => {
    const { owner } = apart()
    owner.add('thief', 'tablet')
    owner.revoke('laptop', 'thief')
    expect(acting(stateOf(owner))).toEqual(['laptop', 'phone', 'tablet'])
  })

  it('a device that revokes, afterwards, the one that revoked it changes nothing', () => {
    const { owner } = apart()
    owner.revoke('laptop', 'thief')
    owner.revoke('thief', 'laptop')
    expect(acting(stateOf(owner))).toEqual(['laptop', 'phone'])
  })

  it('two that revoke each other, apart, both end, and nobody else', () => {
    const { owner, thief } = apart()
    owner.revoke('laptop', 'thief')
    thief.revoke('thief', 'laptop')
    thief.revoke('thief', 'phone')
    expect(actingIn(owner, thief)).toEqual(['phone'])
  })

  it('two that end each other keep what they wrote until then, also where nothing of them was to count, and say nothing later', () => {
    const { owner, thief } = apart()
    const first = owner.revoke('laptop', 'thief', 500, true)
    const second = thief.act(keyNamed('thief'), { type: 'revoke', key: keyNamed('laptop').author, until: 0, void: true }, { at: 700 })
    owner.learn(thief.acts)
    const state = stateOf(owner)
    expect(state.devices.filter(({ until }) => until !== undefined).map((one) => [nameOf(one.key), one.until, one.void])).toEqual(
      expect.arrayContaining([
        ['laptop', first.act.at, undefined],
        ['thief', second.act.at, undefined],
      ]),
    )
    // Somebody outside of that says which was the thief.
    owner.revoke('phone', 'thief', 300, true)
    const told = stateOf(owner)
    expect(told.acts(keyNamed('thief').author, 1)).toBe('revoked')
    expect(told.acts(keyNamed('laptop').author, first.act.at)).toBe('yes')
  })

  it('also where the thief has another key do it', () => {
    const { owner, thief } = apart()
    owner.revoke('laptop', 'thief')
    thief.add('thief', 'watch')
    thief.revoke('watch', 'laptop')
    thief.revoke('watch', 'phone')
    expect(actingIn(owner, thief)).toEqual(['phone'])
  })

  it('also in a circle of three', () => {
    const { owner, thief } = apart()
    const third = owner.fork()
    owner.revoke('laptop', 'phone')
    third.revoke('phone', 'thief')
    thief.revoke('thief', 'laptop')
    expect(actingIn(owner, thief, third)).toEqual([])
  })

  it('a removal by somebody who was removed by others is void, and saves who it would have hit', () => {
    const { owner, thief } = apart()
    const third = owner.fork()
    owner.revoke('laptop', 'thief')
    thief.revoke('thief', 'phone')
    third.revoke('phone', 'tablet')
    expect(actingIn(owner, thief, third)).toEqual(['laptop', 'phone'])
  })

  it('a thief who adds the owner’s device once more does not take it along', () => {
    const { owner, thief } = apart()
    thief.add('thief', 'phone')
    owner.learn(thief.acts)
    owner.label('phone', 'phone', 'Mine')
    const other = PersonView.create()
    other.learn(owner.acts.slice(0, 2))
    other.revoke('laptop', 'thief')
    owner.learn(other.acts)
    expect(acting(stateOf(owner))).toEqual(['laptop', 'phone'])
  })
})

describe('the recovery key', () => {
  it('outranks devices: a thief who was faster loses', () => {
    const view = PersonView.create()
    view.add('laptop', 'thief')
    const thief = view.fork()
    thief.revoke('thief', 'laptop')
    view.learn(thief.acts)
    view.revoke('words', 'thief')
    view.add('words', 'phone')
    thief.add('thief', 'watch')
    thief.revoke('thief', 'phone')
    thief.revoke('watch', 'phone')
    view.learn(thief.acts)
    expect(acting(stateOf(view))).toEqual(['phone'])
    expect(stateOf(view).epoch).toBe(2)
  })

  it('restores a person whose devices are all gone', () => {
    const view = PersonView.create()
    view.revoke('laptop', 'laptop')
    view.add('laptop', 'watch')
    expect(acting(stateOf(view))).toEqual([])
    view.add('words', 'phone')
    view.add('phone', 'tablet')
    expect(acting(stateOf(view))).toEqual(['phone', 'tablet'])
  })

  it('is followed by another one only once that has proved itself', () => {
    const view = PersonView.create()
    view.rotate('words', 'new words')
    const named = stateOf(view)
    expect([named.recovery, named.proposed]).toEqual([view.person.genesis.recovery, [sha256(keyNamed('new words').author)]])
    view.add('words', 'phone')
    view.add('new words', 'tablet')
    expect(acting(stateOf(view))).toEqual(['laptop', 'phone'])
    view.confirm('new words')
    const rotated = stateOf(view)
    expect([rotated.recovery, rotated.proposed, rotated.epoch]).toEqual([sha256(keyNamed('new words').author), [], 1])
    view.add('words', 'watch')
    view.add('new words', 'tablet')
    expect(acting(stateOf(view))).toEqual(['laptop', 'phone', 'tablet'])
    // What was signed with the former key, and lay before nothing, is void.
    const late = PersonView.create()
    late.revoke('words', 'laptop')
    expect(actingIn(view, late)).toEqual(['laptop', 'phone', 'tablet'])
    view.rotate('new words', 'newest words')
    view.confirm('newest words')
    expect(stateOf(view).recovery).toEqual(sha256(keyNamed('newest words').author))
  })

  it('is changed by no device, and by no key that was not named', () => {
    const view = PersonView.create()
    view.add('laptop', 'phone')
    view.rotate('laptop', 'new words')
    view.confirm('new words')
    view.confirm('words')
    view.rotate('thief', 'thief')
    view.confirm('thief')
    expect(stateOf(view)).toMatchObject({ recovery: view.person.genesis.recovery, epoch: 0, proposed: [] })
    // Named, but proved without having seen it.
    const ahead = PersonView.create()
    ahead.confirm('newest words')
    view.rotate('words', 'newest words')
    view.learn(ahead.acts)
    expect(stateOf(view).recovery).toEqual(view.person.genesis.recovery)
  })

  it('that was replaced has no power over the one that a device has witnessed, however many proofs it is given', () => {
    const view = PersonView.create()
    view.add('laptop', 'phone')
    const before = view.fork()
    view.rotate('words', 'new words')
    view.confirm('new words')
    view.label('phone', 'phone', 'phone')
    // Who found the old words lets in a device of his own, has it witness for him, and tries until his proof has a low hash.
    for (let i = 0; i < 20; i++) {
      const thief = before.fork()
      thief.add('words', 'thief', i)
      thief.revoke('words', 'laptop', 0, true)
      thief.rotate('words', 'newest words')
      thief.confirm('newest words')
      thief.label('thief', 'thief', 'his')
      view.learn(thief.acts)
    }
    const state = stateOf(view)
    expect(state.recovery).toEqual(sha256(keyNamed('new words').author))
    expect(acting(state)).toEqual(['laptop', 'phone'])
  })

  it('is witnessed by no device that another one has revoked', () => {
    const view = PersonView.create()
    view.add('laptop', 'phone')
    const before = view.fork()
    view.revoke('laptop', 'phone', 0, true)
    view.rotate('words', 'new words')
    view.confirm('new words')
    view.label('laptop', 'laptop', 'laptop')
    before.rotate('words', 'newest words')
    before.confirm('newest words')
    before.label('phone', 'phone', 'phone')
    view.learn(before.acts)
    expect(stateOf(view).recovery).toEqual(sha256(keyNamed('new words').author))
    // Two that each have a witness are told apart by their hashes again, whatever else there is.
    const other = view.fork()
    before.label('phone', 'phone', 'more')
    other.learn(before.acts)
    expect(stateOf(other).recovery).toEqual(stateOf(view).recovery)
  })

  it('that was rotated twice, apart, goes to the proof with the lowest hash', () => {
    const [a, b] = [PersonView.create(), PersonView.create()]
    a.rotate('words', 'new words')
    b.rotate('words', 'newest words')
    const proofs = [a.confirm('new words'), b.confirm('newest words')]
    a.add('new words', 'phone')
    b.add('newest words', 'tablet')
    a.learn(b.acts)
    const isFirst = toHex(proofs[0]?.hash ?? new Uint8Array()) < toHex(proofs[1]?.hash ?? new Uint8Array())
    expect(acting(stateOf(a))).toEqual(['laptop', isFirst ? 'phone' : 'tablet'])
    expect(stateOf(a).epoch).toBe(1)
  })
})

describe('the log', () => {
  it('passes over acts of other logs, and lets those wait whose ancestors are not here', () => {
    const view = PersonView.create()
    const first = view.add('laptop', 'phone')
    const second = view.add('phone', 'tablet')
    const other = PersonView.create('watch')
    other.add('watch', 'thief')
    const state = personState(view.person, [second, ...other.acts])
    expect([acting(state), state.waiting, state.tips]).toEqual([['laptop'], [second], []])
    const whole = personState(view.person, [second, first, second])
    expect([acting(whole), whole.waiting, whole.tips, whole.parents]).toEqual([['laptop', 'phone', 'tablet'], [], [second.hash], [second.hash]])
  })

  it('has the next act follow what counts, and tells others all', () => {
    const view = PersonView.create()
    const known = view.add('laptop', 'phone')
    const forged = PersonView.create().add('thief', 'watch')
    view.learn([forged])
    expect(stateOf(view).parents).toEqual([known.hash])
    expect(stateOf(view).tips).toHaveLength(2)
  })

  it('is bounded', () => {
    const { person } = PersonView.create()
    const [one] = PersonView.create().acts.concat(PersonView.create().add('laptop', 'phone'))
    if (one === undefined) throw new Error('There is an act')
    const many = Array.from({ length: MAX_LOG_ACTS + 1 }, (_, i) => ({ ...one, hash: sha256(`${i}`) }))
    expect(() => personState(person, many)).toThrow(RangeError)
  })
})

/** A log as a person's devices, thieves and recovery keys may write it, each knowing some of it. */
function randomLog(random: () => number): PersonView {
  const all = PersonView.create()
  const views = [all.fork(), all.fork(), all.fork()]
  const below = (n: number): number => Math.floor(random() * n)
  const pick = <T>(list: readonly T[]): T => {
    const one = list[below(list.length)]
    if (one === undefined) throw new Error('an empty list')
    return one
  }
  for (let step = 0; step < 22; step++) {
    const view = pick(views)
    if (random() < 0.25) view.learn(pick(views).acts)
    const devices = NAMES.slice(0, 5)
    const by = random() < 0.15 ? pick(NAMES.slice(5)) : pick(random() < 0.6 ? devices.slice(0, 2) : devices)
    const kind = random()
    if (kind < 0.45) view.add(by, pick(devices))
    else if (kind < 0.75) view.revoke(by, pick(devices), below(1000), random() < 0.3)
    else if (kind < 0.85) view.label(by, pick(devices), `${step}`)
    else if (kind < 0.93) view.rotate(by, pick(NAMES.slice(5)))
    else view.confirm(pick(NAMES.slice(5)))
    all.learn(view.acts)
  }
  return all
}

function summary(state: PersonState): string {
  const { devices, epoch, recovery, proposed, tips, parents, standing, waiting } = state
  const lists = [[recovery], proposed, tips, parents, waiting.map(({ hash }) => hash)].map((list) => list.map(toHex).join(' '))
  const known = devices.map(({ key, addedBy = key, via = key, ...more }) => ({ ...more, key: [key, addedBy, via].map(toHex).join(' ') }))
  return JSON.stringify([known, epoch, lists, [...standing].toSorted()])
}

/** Mulberry32. */
function seeded(seed: number): () => number {
  let a = seed
  return () => {
    a = (a + 0x6d2b79f5) | 0
    let t = Math.imul(a ^ (a >>> 15), 1 | a)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296
  }
}

describe('the state', () => {
  it('is the same in 1,000 random orders', () => {
    for (let seed = 0; seed < 20; seed++) {
      const random = seeded(seed)
      const log = randomLog(random)
      const expected = summary(stateOf(log))
      for (let order = 0; order < 50; order++) {
        const shuffled = log.acts.map((one) => ({ one, key: random() })).sort((a, b) => a.key - b.key)
        expect(
          summary(
            personState(
              log.person,
              shuffled.map(({ one }) => one),
            ),
          ),
          `seed ${seed}`,
        ).toBe(expected)
      }
    }
  })

  it('that is grown act by act is what is made of all of them at once, and most acts grow it', () => {
    let [grownOnes, all] = [0, 0]
    for (let seed = 100; seed < 160; seed++) {
      const random = seeded(seed)
      const log = randomLog(random)
      const here: SignedAct[] = []
      let state = personState(log.person, [])
      for (let left = log.acts; left.length > 0; ) {
        const known = new Set(here.map(({ hash }) => toHex(hash)))
        const ready = left.filter(({ act }) => act.parents.every((hash) => known.has(toHex(hash))))
        const next = ready[Math.floor(random() * ready.length)]
        if (next === undefined) throw new Error('an act waits')
        left = left.filter((one) => one !== next)
        here.push(next)
        const before = summary(state)
        const grown = grownPersonState(state, next)
        expect(summary(state)).toBe(before)
        const whole = personState(log.person, here)
        if (grown !== undefined) expect(summary(grown), `seed ${seed}, act ${here.length}`).toBe(summary(whole))
        for (const { key } of whole.devices)
          for (const at of [0, 10, 500, 2_000_000]) expect((grown ?? whole).acts(key, at)).toBe(whole.acts(key, at))
        state = grown ?? whole
        grownOnes += Number(grown !== undefined)
        all++
      }
    }
    expect(grownOnes / all).toBeGreaterThan(0.4)
  })

  it('is grown by one act, and by no other one after that', () => {
    const view = PersonView.create()
    const first = view.add('laptop', 'phone')
    const state = stateOf(view)
    const other = view.fork()
    const [label, revocation] = [view.label('laptop', 'phone', 'Phone'), other.revoke('laptop', 'phone')]
    const grown = grownPersonState(state, label)
    expect(grown?.devices.map((one) => one.label).toSorted()).toEqual(['', 'Phone'])
    expect(grownPersonState(state, label)).toBe(grown)
    expect(grownPersonState(state, revocation)).toBeUndefined()
    expect(grownPersonState(state, first)).toBeUndefined()
  })

  it('keeps removals strong in any log: of who is removed nothing but removals stands that does not lie before', () => {
    fc.assert(
      fc.property(fc.integer(), (seed) => {
        const log = randomLog(seeded(seed))
        const state = stateOf(log)
        const byHash = new Map(log.acts.map((signed) => [toHex(signed.hash), signed]))
        const ancestors = (signed: SignedAct): Set<string> => {
          const found = new Set<string>()
          const next = [signed]
          for (const { act } of next) {
            for (const hash of act.parents.map(toHex)) {
              const parent = byHash.get(hash)
              if (parent !== undefined && !found.has(hash)) {
                found.add(hash)
                next.push(parent)
              }
            }
          }
          return found
        }
        const standing = log.acts.filter((signed) => isStanding(state, signed))
        for (const removal of standing) {
          const content = removal.act.do
          if (content.type !== 'revoke') continue
          const before = ancestors(removal)
          const isByWords = nameOf(removal.act.by).endsWith('words')
          for (const one of standing) {
            if (!equalBytes(one.act.by, content.key) || before.has(toHex(one.hash)) || one === removal) continue
            expect(one.act.do.type, `seed ${seed}`).toBe('revoke')
            expect(isByWords, `seed ${seed}`).toBe(false)
          }
          expect(state.acts(content.key, content.until + 1)).not.toBe('yes')
        }
        // But for removals, whoever acts was let act by something that stands.
        for (const { act } of standing) if (act.via !== undefined && act.do.type !== 'revoke') expect(state.standing.has(toHex(act.via))).toBe(true)
      }),
      { numRuns: 50 },
    )
  })

  it('of somebody else’s genesis is somebody else’s', () => {
    const view = PersonView.create()
    view.add('laptop', 'phone')
    const other = createPerson({ device: keyNamed('laptop'), recovery: keyNamed('words').author, nonce: new Uint8Array(16) })
    expect(acting(personState(other, view.acts))).toEqual(['laptop'])
  })
})
