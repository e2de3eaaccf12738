import { createHash } from 'node:crypto'
import { toHex, utf8 } from '../packages/core/src/model/bytes.ts'
import { encodeCbor } from '../packages/core/src/model/encoding/cbor.ts'
import { createGenesis, type SignedHead, signHead } from '../packages/core/src/model/namespace/namespace.ts'
import { createNetwork } from '../packages/core/src/model/network/network.ts'
import { type SignedAct, signAct, signDevice } from '../packages/core/src/model/people/act.ts'
import type { ActContent, MemberRole } from '../packages/core/src/model/people/act-content.ts'
import { identityFor, principalOf } from '../packages/core/src/model/people/author.ts'
import { type PersonState, personState } from '../packages/core/src/model/people/person-state.ts'
import { rolesState } from '../packages/core/src/model/people/roles-state.ts'
import type { Identity } from '../packages/core/src/model/keys/identity.ts'
import { keyNamed, LogView, PersonView } from '../packages/core/src/testing/log-writer.ts'
import type { VectorFile } from './vector-file.ts'

const sha256 = (data: Uint8Array | string): Uint8Array => Uint8Array.from(createHash('sha256').update(data).digest())
const network = createNetwork('Vectors', { nonce: sha256(utf8('docstore vectors: nonce')).subarray(0, 16) })

/** Persons whose logs go through everything that the rules of §3 tell apart. */
function personLogs(): Readonly<Record<string, PersonView>> {
  const shared = PersonView.create()
  shared.add('laptop', 'phone')
  shared.add('laptop', 'thief')
  const from = (write: (owner: PersonView, thief: PersonView, third: PersonView) => void): PersonView => {
    const views = [shared.fork(), shared.fork(), shared.fork()] as const
    write(...views)
    for (const { acts } of views) views[0].learn(acts)
    return views[0]
  }
  return {
    'a person who has done nothing': PersonView.create(),
    'three devices, one named anew twice at one time': from((view, other) => {
      view.label('laptop', 'phone', 'Ann’s phone', 10)
      other.label('phone', 'phone', 'Work phone', 10)
    }),
    'a device that ends, is added again in vain, and acts in vain': from((view) => {
      view.revoke('laptop', 'phone', 500)
      view.add('laptop', 'phone')
      view.add('phone', 'tablet')
    }),
    'two revocations of one device, apart': from((view, other) => {
      view.revoke('laptop', 'thief', 300)
      other.revoke('phone', 'thief', 200, true)
    }),
    'what a removed device did meanwhile, and through a key that it let in': from((owner, thief) => {
      owner.revoke('laptop', 'thief')
      thief.add('thief', 'tablet', 1)
      thief.label('thief', 'phone', 'Mine')
      thief.add('tablet', 'watch')
    }),
    'two that revoke each other, and a third': from((owner, thief) => {
      owner.revoke('laptop', 'thief')
      thief.revoke('thief', 'laptop')
      thief.revoke('thief', 'phone')
    }),
    'two that end each other so that nothing of either was to count, and what stands': from((owner, thief) => {
      owner.revoke('laptop', 'thief', 300, true)
      thief.label('thief', 'thief', 'Mine')
      thief.revoke('thief', 'laptop', 0, true)
    }),
    'the same, and a third device that revokes one of them once more': from((owner, thief) => {
      owner.revoke('laptop', 'thief', 300, true)
      thief.revoke('thief', 'laptop', 0, true)
      owner.learn(thief.acts)
      owner.revoke('phone', 'thief', 200, true)
    }),
    'a thief whose second key revokes the owner': from((owner, thief) => {
      owner.revoke('laptop', 'thief')
      thief.add('thief', 'watch')
      thief.revoke('watch', 'laptop')
    }),
    'three that revoke each other in a circle': from((owner, thief, third) => {
      owner.revoke('laptop', 'phone')
      third.revoke('phone', 'thief')
      thief.revoke('thief', 'laptop')
    }),
    'a revocation by who is revoked by another': from((owner, thief, third) => {
      owner.revoke('laptop', 'thief')
      thief.revoke('thief', 'phone')
      third.add('phone', 'tablet')
    }),
    'the words against a faster thief': from((owner, thief) => {
      thief.revoke('thief', 'laptop')
      owner.learn(thief.acts)
      owner.revoke('words', 'thief')
      owner.add('words', 'tablet')
      thief.revoke('thief', 'tablet')
    }),
    'a rotation that was interrupted': from((view) => {
      view.rotate('words', 'new words')
      view.add('words', 'tablet')
    }),
    'two rotations, and what the former words do meanwhile and after': from((view, late) => {
      view.rotate('words', 'new words')
      view.confirm('new words')
      view.rotate('new words', 'newest words')
      view.confirm('newest words')
      late.revoke('words', 'laptop')
      view.add('words', 'tablet')
      view.add('newest words', 'watch')
    }),
    'two rotations of one key, apart': from((view, other) => {
      view.rotate('words', 'new words')
      view.confirm('new words')
      other.rotate('words', 'newest words')
      other.confirm('newest words')
      other.add('newest words', 'watch')
    }),
    'two rotations of one key, of which a device that the first one let in has witnessed one': from((view, other) => {
      other.add('words', 'tablet')
      other.rotate('words', 'newest words')
      other.confirm('newest words')
      other.label('tablet', 'tablet', 'His')
      view.rotate('words', 'new words')
      view.confirm('new words')
      view.label('phone', 'phone', 'Mine')
    }),
    'two rotations of one key, one witnessed by a device that another one revoked': from((view, other) => {
      other.rotate('words', 'newest words')
      other.confirm('newest words')
      other.label('thief', 'thief', 'His')
      view.revoke('laptop', 'thief', 0, true)
      view.rotate('words', 'new words')
      view.confirm('new words')
      view.label('laptop', 'laptop', 'Mine')
    }),
    'forged rotations': from((view, ahead) => {
      view.rotate('laptop', 'new words')
      view.confirm('new words')
      ahead.confirm('newest words')
      view.rotate('words', 'newest words')
    }),
  }
}

const signed = ({ bytes, signature }: SignedAct | SignedHead) => [toHex(bytes), toHex(signature)]

/** Acts in an order in which some come before their parents. */
const shuffled = (acts: readonly SignedAct[]) => acts.toSorted((a, b) => (toHex(a.hash) < toHex(b.hash) ? -1 : 1)).map(signed)

function said(state: PersonState): Readonly<Record<string, unknown>> {
  return {
    devices: state.devices.map(({ key, label, from, addedBy, via, until, void: isVoid }) => ({
      key: toHex(key),
      label,
      from,
      ...(addedBy && { addedBy: toHex(addedBy) }),
      ...(via && { via: toHex(via) }),
      ...(until === undefined ? {} : { until }),
      ...(isVoid && { void: true }),
    })),
    epoch: state.epoch,
    recovery: toHex(state.recovery),
    proposed: state.proposed.map(toHex),
    standing: [...state.standing].toSorted(),
    tips: state.tips.map(toHex),
    parents: state.parents.map(toHex),
  }
}

function roleLog() {
  const owners = PersonView.create('owner', 'words of the owner')
  const ann = PersonView.create('ann', 'words of ann')
  ann.add('ann', 'ann’s phone')
  const ben = PersonView.create('ben', 'words of ben')
  const persons = [owners, ann, ben]
  const as = ({ person }: PersonView, device: string): Identity => identityFor(person.digest, keyNamed(device))
  const [owner, annsPhone, bens, plain] = [as(owners, 'owner'), as(ann, 'ann’s phone'), as(ben, 'ben'), keyNamed('plain')]
  const genesis = createGenesis({ net: network.cid, owner, write: 'owner', nonce: sha256(utf8('roles')).subarray(0, 16) })
  const view = new LogView(genesis.cid)
  const grant = (on: LogView, by: Identity, to: Identity, role: MemberRole, more = {}): SignedAct =>
    on.act(by, { type: 'grant', to: principalOf(to.author), role, from: 0, ...more }, by === owner ? { via: undefined } : {})
  grant(view, owner, annsPhone, 'manage')
  grant(view, owner, bens, 'manage')
  grant(view, annsPhone, plain, 'write', { from: 10, until: 900, collection: 'posts' })
  grant(view, annsPhone, bens, 'manage')
  const away = new LogView(genesis.cid, { known: view.acts })
  view.act(annsPhone, { type: 'dismiss', who: principalOf(bens.author), until: 50 })
  away.act(bens, { type: 'dismiss', who: principalOf(annsPhone.author), until: 60, void: true })
  grant(away, bens, keyNamed('friend'), 'write')
  view.learn(away.acts)
  grant(view, owner, annsPhone, 'moderate')
  view.act(annsPhone, { type: 'remove', records: [sha256('a record')] })
  const states = new Map(persons.map(({ person, acts }) => [toHex(person.digest), personState(person, acts)]))
  const state = rolesState(genesis, view.acts, (digest) => states.get(toHex(digest)))
  return {
    name: 'managers who dismiss each other, and one who is let in again as a moderator',
    kind: 'roles',
    namespace: toHex(genesis.bytes),
    persons: persons.map(({ person, acts }) => ({ genesis: toHex(person.bytes), acts: shuffled(acts) })),
    acts: shuffled(view.acts),
    members: state.members.map(({ who, roles }) => ({
      who: toHex(who),
      roles: roles.map(({ via, ...role }) => ({ ...role, via: toHex(via) })),
    })),
    standing: [...state.standing].toSorted(),
    removed: toHex(sha256('a record')),
  }
}

function headCase() {
  const view = PersonView.create()
  view.add('laptop', 'thief')
  view.revoke('laptop', 'thief', 20)
  const device = (name: string): Identity => identityFor(view.person.digest, keyNamed(name))
  const genesis = createGenesis({ net: network.cid, owner: device('laptop'), write: 'owner', nonce: sha256(utf8('heads')).subarray(0, 16) })
  const head = (by: Identity, epoch: number, seq: number, at: number): SignedHead =>
    signHead({ net: network.cid, ns: genesis.cid, epoch, seq, prev: null, at, body: { title: 'Heads' } }, by)
  const thiefs = head(device('thief'), 0, Number.MAX_SAFE_INTEGER, 20)
  const heads = [
    { is: 'the owner’s, in the new epoch', head: head(device('laptop'), 1, 0, 30), verdict: 'accepted' },
    { is: 'a thief’s of before, with the greatest seq', head: thiefs, verdict: 'accepted' },
    { is: 'a thief’s of after', head: head(device('thief'), 1, 1, 21), verdict: 'revoked' },
    { is: 'of an epoch that is not there', head: head(device('laptop'), 2, 0, 30), verdict: 'epoch-ahead' },
    { is: 'by a key that is no device', head: head(device('stranger'), 0, 0, 30), verdict: 'no-device' },
    { is: 'by the device’s key alone', head: head(keyNamed('laptop'), 0, 0, 30), verdict: 'not-allowed' },
  ]
  return {
    name: 'heads of a namespace that a person owns; of those that are accepted the first one wins',
    kind: 'heads',
    namespace: toHex(genesis.bytes),
    person: toHex(view.person.bytes),
    acts: shuffled(view.acts),
    heads: heads.map(({ is, head: one, verdict }) => ({ is, head: signed(one), verdict })),
  }
}

/** Persons, their logs, and what they say: docs/spec/people.md. */
export function peopleFile(): VectorFile {
  const view = PersonView.create()
  const phone = keyNamed('phone')
  const log = view.person.cid
  const { act } = signAct({ log, parents: [sha256('a'), sha256('b')], at: 3, do: { type: 'confirm' } }, keyNamed('laptop'))
  const refused = (name: string, change: Readonly<Record<string, unknown>>, reason = 'malformed') => {
    const bytes = encodeCbor({ ...act, ...change })
    return { name, kind: 'act', bytes: toHex(bytes), signature: toHex(keyNamed('laptop').sign('act', sha256(bytes))), reason }
  }
  const person = (name: string, change: Readonly<Record<string, unknown>>, reason = 'malformed') => ({
    name,
    kind: 'person',
    bytes: toHex(encodeCbor({ ...view.person.genesis, ...change })),
    reason,
  })
  const [first = sha256('a'), second = sha256('b')] = act.parents
  const grant = { type: 'grant', to: phone.author, role: 'write', from: 5 }
  const added = (proof: Uint8Array): ActContent => ({ type: 'add', key: phone.author, label: '', proof })
  const good = added(signDevice(log, phone))
  const confirmed = signAct({ log, parents: [], at: 3, do: { type: 'confirm' } }, keyNamed('laptop'))
  return {
    description:
      'Logs of persons, with what their acts make, of roles in a namespace, and heads of namespaces that persons own. Acts are bytes and signature, in an order in which some come before their parents.',
    context: { network: network.id },
    valid: [
      ...Object.entries(personLogs()).map(([name, { person: one, acts }]) => ({
        name,
        kind: 'person',
        genesis: toHex(one.bytes),
        id: one.cid.toString(),
        acts: shuffled(acts),
        ...said(personState(one, acts)),
      })),
      roleLog(),
      headCase(),
    ],
    invalid: [
      person('a nonce of 15 bytes', { nonce: new Uint8Array(15) }),
      person('the recovery key itself', { recovery: phone.author }),
      person('a device against the key rules', { device: new Uint8Array(34) }, 'bad-key'),
      person('a network', { net: network.cid }),
      person('larger than 256 bytes', { nonce: new Uint8Array(256) }, 'too-large'),
      person('another version', { v: 2 }, 'unsupported'),
      refused('parents that fall', { parents: [second, first] }),
      refused('a parent twice', { parents: [first, first] }),
      refused('17 parents', { parents: Array.from({ length: 17 }, (_, i) => new Uint8Array(32).fill(i)) }),
      refused('via of 31 bytes', { via: new Uint8Array(31) }),
      refused('an author of 35 bytes', { by: new Uint8Array(35) }),
      refused('a log that is no link', { log: view.person.digest }),
      refused('a type that is not known', { do: { type: 'bless' } }, 'unsupported'),
      refused('a field too many', { do: { type: 'confirm', key: phone.author } }),
      refused('a label of 65 units', { do: { type: 'label', key: phone.author, label: 'x'.repeat(65) } }),
      refused('void said not to be', { do: { type: 'revoke', key: phone.author, until: 5, void: false } }),
      refused('a grant that ends before it begins', { do: { ...grant, until: 4 } }),
      refused('a role that is none', { do: { ...grant, role: 'owner' } }),
      refused('manage in one collection', { do: { ...grant, role: 'manage', collection: 'docs' } }),
      refused('33 records removed', { do: { type: 'remove', records: Array.from({ length: 33 }, () => first) } }),
      refused('a device that proved itself for another person', { do: added(signDevice(PersonView.create('watch').person.cid, phone)) }, 'bad-signature'),
      { name: 'signed by another key', kind: 'act', bytes: toHex(confirmed.bytes), signature: toHex(phone.sign('act', confirmed.hash)), reason: 'bad-signature' },
      {
        name: 'signed in another domain',
        kind: 'act',
        bytes: toHex(signAct({ log, parents: [], at: 1, do: good }, keyNamed('laptop')).bytes),
        signature: toHex(keyNamed('laptop').sign('head', signAct({ log, parents: [], at: 1, do: good }, keyNamed('laptop')).hash)),
        reason: 'bad-signature',
      },
    ],
  }
}
