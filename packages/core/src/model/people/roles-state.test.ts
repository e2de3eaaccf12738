import { describe, expect, it } from 'vitest'
import { sha256 } from '#crypto'
import { toHex } from '../bytes.ts'
import type { Identity } from '../keys/identity.ts'
import { createGenesis } from '../namespace/namespace.ts'
import { createNetwork } from '../network/network.ts'
import { keyNamed, LogView, PersonView } from '../../testing/log-writer.ts'
import { type SeededRandom, seededRandom } from '../../testing/random.ts'
import type { SignedAct } from './act.ts'
import type { MemberRole } from './act-content.ts'
import { authorFault, removalFault } from './author-fault.ts'
import { identityFor, personOf, principalOf } from './author.ts'
import { type PersonState, personState } from './person-state.ts'
import { grownRolesState, type RolesState, rolesState } from './roles-state.ts'

const { cid: net } = createNetwork('Roles', { nonce: new Uint8Array(16) })
const LATE = 2_000_000

/** Persons by the name of their first device, and what their logs say. */
class People {
  readonly views = new Map<string, PersonView>()

  of(name: string): PersonView {
    const view = this.views.get(name) ?? PersonView.create(name, `words of ${name}`)
    this.views.set(name, view)
    return view
  }

  /** A device signing for a person. */
  as(name: string, device = name): Identity {
    return identityFor(this.of(name).person.digest, keyNamed(device))
  }

  person = (digest: Uint8Array): PersonState | undefined => {
    for (const view of this.views.values()) if (toHex(view.person.digest) === toHex(digest)) return personState(view.person, view.acts)
    return undefined
  }
}

class RolesView extends LogView {
  grant(by: Identity, to: Identity, role: MemberRole, more: { from?: number; until?: number; collection?: string } = {}): SignedAct {
    return this.act(by, { type: 'grant', to: principalOf(to.author), role, from: 0, ...more }, isOwner(by) ? { via: undefined } : {})
  }

  dismiss(by: Identity, who: Identity, until = 1000, isVoid = false): SignedAct {
    return this.act(by, { type: 'dismiss', who: principalOf(who.author), until, ...(isVoid && { void: true }) })
  }

  remove(by: Identity, ...records: readonly Uint8Array[]): SignedAct {
    return this.act(by, { type: 'remove', records })
  }

  override fork(): RolesView {
    return new RolesView(genesis.cid, { known: this.acts })
  }
}

const people = new People()
const owner = people.as('owner')
const isOwner = (by: Identity): boolean => toHex(principalOf(by.author)) === toHex(principalOf(owner.author))
const genesis = createGenesis({ net, owner, write: 'owner', nonce: new Uint8Array(16) })
const [ann, ben, cy, key] = [people.as('ann'), people.as('ben'), people.as('cy'), keyNamed('a plain key')]
const stateOf = (view: RolesView, known = people.person): RolesState => rolesState(genesis, view.acts, known)
const roles = (): RolesView => new RolesView(genesis.cid)
/** The best role that somebody has late. */
function roleOf(state: RolesState, { author }: Identity): MemberRole | 'none' {
  const best = (['manage', 'moderate', 'write', 'read'] as const).find((role) => state.may(author, LATE, role, {}) === 'yes')
  return best ?? 'none'
}

describe('roles', () => {
  it('are granted by the owner, and below their own by managers', () => {
    const view = roles()
    view.grant(owner, ann, 'manage')
    view.grant(ann, ben, 'moderate')
    view.grant(ann, key, 'write')
    view.grant(ann, cy, 'manage')
    view.grant(ben, cy, 'read')
    view.grant(cy, cy, 'write')
    const state = stateOf(view)
    expect([ann, ben, key, cy, owner].map((one) => roleOf(state, one))).toEqual(['manage', 'moderate', 'write', 'none', 'manage'])
    expect(state.members).toHaveLength(3)
    expect(state.persons).toHaveLength(4)
  })

  it('hold on all devices of a person, and on none that is theirs no more', () => {
    const view = roles()
    people.of('dora').add('dora', 'dora’s phone')
    const [dora, phone] = [people.as('dora'), people.as('dora', 'dora’s phone')]
    view.grant(owner, dora, 'manage')
    view.grant(phone, cy, 'write')
    expect(roleOf(stateOf(view), phone)).toBe('manage')
    expect(roleOf(stateOf(view), cy)).toBe('write')
    people.of('dora').revoke('dora', 'dora’s phone', 0)
    expect(roleOf(stateOf(view), cy)).toBe('none')
    // Nothing is taken from somebody of whom nothing is known.
    expect(
      roleOf(
        stateOf(view, () => undefined),
        dora,
      ),
    ).toBe('none')
  })

  it('have a beginning, an end, and a collection', () => {
    const view = roles()
    view.grant(owner, ann, 'write', { from: 100, until: 200, collection: 'posts' })
    const may = (at: number, collection: string | undefined, own = false): string =>
      stateOf(view).may(ann.author, at, 'write', { ...(collection === undefined ? {} : { collection }), ...(own && { ownSlot: true }) })
    expect([99, 100, 200, 201].map((at) => may(at, 'posts'))).toEqual(['no-role', 'yes', 'yes', 'revoked'])
    expect([may(150, 'pages'), may(150, undefined), may(150, undefined, true)]).toEqual(['no-role', 'no-role', 'yes'])
    view.grant(ann, ben, 'read')
    expect(roleOf(stateOf(view), ben)).toBe('none')
  })

  it('that end have a cut; who gets one anew has it', () => {
    const view = roles()
    view.grant(owner, ann, 'write')
    view.dismiss(owner, ann, 500)
    expect([500, 501].map((at) => stateOf(view).may(ann.author, at, 'write', {}))).toEqual(['yes', 'revoked'])
    view.dismiss(owner, ann, 500, true)
    expect(stateOf(view).may(ann.author, 5, 'write', {})).toBe('revoked')
    view.grant(owner, ann, 'read')
    expect(roleOf(stateOf(view), ann)).toBe('read')
  })

  it('granted while they are taken away, apart, are cut', () => {
    const view = roles()
    view.grant(owner, ann, 'manage')
    view.grant(owner, ben, 'manage')
    const other = view.fork()
    view.grant(ann, cy, 'write')
    other.dismiss(ben, cy, 10)
    view.learn(other.acts)
    expect(stateOf(view).may(cy.author, 11, 'write', {})).toBe('revoked')
  })
})

describe('managers', () => {
  it('that dismiss each other, apart, are both gone; the owner outranks all', () => {
    const view = roles()
    view.grant(owner, ann, 'manage')
    view.grant(owner, ben, 'manage')
    const other = view.fork()
    view.dismiss(ann, ben)
    other.dismiss(ben, ann)
    other.dismiss(ben, owner)
    other.grant(ben, cy, 'write')
    view.learn(other.acts)
    const state = stateOf(view)
    expect([ann, ben, cy, owner].map((one) => roleOf(state, one))).toEqual(['none', 'none', 'none', 'manage'])
    view.grant(owner, ann, 'manage')
    view.grant(ann, cy, 'write')
    expect([ann, ben, cy].map((one) => roleOf(stateOf(view), one))).toEqual(['manage', 'none', 'write'])
  })

  it('that are dismissed lose what they did meanwhile, and keep what lay before', () => {
    const view = roles()
    view.grant(owner, ann, 'manage')
    view.grant(ann, ben, 'write')
    const away = view.fork()
    view.dismiss(owner, ann)
    away.grant(ann, cy, 'write')
    away.dismiss(ann, ben)
    view.learn(away.acts)
    expect([ben, cy].map((one) => roleOf(stateOf(view), one))).toEqual(['write', 'none'])
  })
})

describe('moderators', () => {
  it('remove records, in their collection where they have one', () => {
    const view = roles()
    const [first, second, third] = ['1', '2', '3'].map((text) => sha256(text)) as [Uint8Array, Uint8Array, Uint8Array]
    view.grant(owner, ann, 'moderate')
    view.grant(owner, ben, 'moderate', { collection: 'posts' })
    view.grant(owner, cy, 'write')
    view.remove(ann, first)
    view.remove(ben, second)
    view.remove(cy, third)
    const state = stateOf(view)
    const removed = (hash: Uint8Array, collection?: string): string | undefined =>
      removalFault(hash, collection, { person: people.person, roles: state })
    expect([removed(first), removed(first, 'pages'), removed(third)]).toEqual(['removed', 'removed', undefined])
    expect([removed(second), removed(second, 'posts'), removed(second, 'pages')]).toEqual([undefined, 'removed', undefined])
  })
})

describe('a record', () => {
  const view = roles()
  view.grant(owner, ann, 'write')
  view.grant(owner, key, 'read')
  view.grant(owner, cy, 'write')
  view.dismiss(owner, cy, 10)
  people.of('eve').add('eve', 'eve’s phone')
  people.of('eve').revoke('eve', 'eve’s phone', 100)
  const known = { person: people.person, roles: stateOf(view) }
  const ownerOnly = { write: 'owner', owner: principalOf(owner.author) } as const
  const fault = (policy: 'owner' | 'members' | 'author' | 'anyone', { author }: Identity, at = 50, id = 'x'): string | undefined =>
    authorFault({ ...ownerOnly, write: policy }, { by: author, at, collection: 'docs', id }, known)

  it('may be by whom policy, roles and logs of persons let write', () => {
    expect([owner, ann, key, cy, keyNamed('nobody')].map((one) => fault('members', one))).toEqual([
      undefined,
      undefined,
      'not-allowed',
      'revoked',
      'not-allowed',
    ])
    expect(fault('members', cy, 10)).toBeUndefined()
    expect([owner, keyNamed('owner'), ann].map((one) => fault('owner', one))).toEqual([undefined, 'not-allowed', 'not-allowed'])
    expect(authorFault({ ...ownerOnly, write: 'members' }, { by: ann.author, at: 1, id: 'x' }, { person: people.person })).toBe('not-allowed')
  })

  it('is refused in every policy from a key that does not act for its person at that time', () => {
    const eve = people.of('eve').person.digest
    const phone = identityFor(eve, keyNamed('eve’s phone'))
    for (const policy of ['owner', 'members', 'author', 'anyone'] as const) {
      expect(fault(policy, phone, 101)).toBe('revoked')
      expect(fault(policy, identityFor(eve, keyNamed('thief')))).toBe('no-device')
      expect(fault(policy, identityFor(sha256('nobody'), keyNamed('thief')))).toBe('unknown-person')
    }
    expect(fault('anyone', phone, 100)).toBeUndefined()
    expect(fault('author', phone, 100, `${people.of('eve').person.cid.toString()}/x`)).toBeUndefined()
    expect(fault('author', phone, 100)).toBe('not-allowed')
  })
})

/** A log as owner, managers and others may write it, each knowing some of it. */
function randomLog(random: SeededRandom): RolesView {
  const all = roles()
  const views = [all.fork(), all.fork(), all.fork()]
  const everybody = [owner, ann, ben, cy, key]
  for (let step = 0; step < 20; step++) {
    const view = random.pick(views)
    if (random.chance(0.4)) view.learn(random.pick(views).acts)
    const by = random.chance(0.4) ? owner : random.pick(everybody)
    const to = random.pick(everybody)
    const role = random.pick(['read', 'write', 'moderate', 'manage', 'manage'] as const)
    const kind = random.next()
    if (kind < 0.6) view.grant(by, to, role, { from: random.below(20), ...(random.chance(0.3) && role !== 'manage' && { collection: 'notes' }) })
    else if (kind < 0.92) view.dismiss(by, to, random.below(1000), random.chance(0.3))
    else view.remove(by, sha256(`${random.below(3)}`))
    all.learn(view.acts)
  }
  return all
}

function summary(state: RolesState): string {
  const { members, persons, removals, tips, parents, standing, waiting } = state
  const known = members.map(({ who, roles: held }) => [toHex(who), held.map(({ via, ...more }) => [toHex(via), more])])
  return JSON.stringify([known, persons.map(toHex), [...removals].sort(), tips.map(toHex), parents.map(toHex), [...standing].sort(), waiting.length])
}

describe('the state of roles', () => {
  it('that is grown act by act is what is made of all of them at once, and most acts grow it', () => {
    let [grownOnes, all] = [0, 0]
    for (let seed = 0; seed < 60; seed++) {
      const random = seededRandom(seed)
      const log = randomLog(random)
      const here: SignedAct[] = []
      let state = stateOf(roles())
      for (let left = log.acts; left.length > 0; ) {
        const known = new Set(here.map(({ hash }) => toHex(hash)))
        const next = random.pick(left.filter(({ act }) => act.parents.every((hash) => known.has(toHex(hash)))))
        left = left.filter((one) => one !== next)
        here.push(next)
        const before = summary(state)
        const grown = grownRolesState(state, next, people.person)
        expect(summary(state)).toBe(before)
        const whole = rolesState(genesis, here, people.person)
        if (grown !== undefined) expect(summary(grown), `seed ${seed}, act ${here.length}`).toBe(summary(whole))
        for (const one of [owner, ann, ben, cy, key])
          for (const at of [5, 500, LATE])
            expect((grown ?? whole).may(one.author, at, 'write', { collection: 'notes' })).toBe(
              whole.may(one.author, at, 'write', { collection: 'notes' }),
            )
        for (const i of [0, 1, 2]) expect((grown ?? whole).isRemoved(sha256(`${i}`), 'notes')).toBe(whole.isRemoved(sha256(`${i}`), 'notes'))
        // Of whom nothing is known, nothing counts.
        if (grown?.standing.has(toHex(next.hash)) === true && personOf(next.act.by) !== undefined)
          expect(grownRolesState(state, next, () => undefined)).toBeUndefined()
        state = grown ?? whole
        grownOnes += Number(grown !== undefined)
        all++
      }
    }
    expect(grownOnes / all).toBeGreaterThan(0.4)
  })
})
