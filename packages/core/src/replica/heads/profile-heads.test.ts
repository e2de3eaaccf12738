import { afterEach, beforeEach, expect, it } from 'vitest'
import { utf8 } from '../../model/bytes.ts'
import { cidOfBytes, RAW } from '../../model/encoding/cid.ts'
import { createNetwork } from '../../model/network/network.ts'
import { profileIdOf } from '../../model/namespace/profile-id.ts'
import { openNodeStorage } from '../../storage/open-node.ts'
import type { LocalReplica } from '../local-replica.ts'
import { openReplica } from '../open-replica.ts'
import type { ProfileChange } from '../types.ts'

const network = createNetwork('profiles')
const picture = { cid: cidOfBytes(RAW, utf8('picture')).toString(), size: 7 }
let now: number
let phone: LocalReplica
let desk: LocalReplica
let relay: LocalReplica
beforeEach(async () => {
  now = Date.UTC(2026, 5, 1)
  const storage = openNodeStorage(':memory:')
  phone = await open(storage)
  const twin = openNodeStorage(':memory:')
  await twin.setMeta('identity', (await storage.getMeta('identity')) ?? new Uint8Array())
  desk = await open(twin)
  relay = await open(openNodeStorage(':memory:'))
})
afterEach(async () => {
  await Promise.all([phone.close(), desk.close(), relay.close()])
})

function open(storage: ReturnType<typeof openNodeStorage>): Promise<LocalReplica> {
  return openReplica(storage, { network: network.bytes, now: () => now, aside: false })
}

/** What a session does: who asks imports the head of the other, and offers what it has then. */
async function meet(ns: string, asking: LocalReplica, answering: LocalReplica): Promise<void> {
  for (const [giver, taker] of [
    [answering, asking],
    [asking, answering],
  ] as const) {
    const namespace = await giver.exportNamespace(ns)
    if (namespace !== undefined) expect(await taker.importNamespace(namespace.genesis, namespace.head, namespace.signature)).toEqual({ id: ns })
  }
}

/** Makes the profile of one device say something; gives its id. */
async function say(replica: LocalReplica, ...changes: readonly ProfileChange[]): Promise<string> {
  const { id } = await replica.openProfile()
  for (const profile of changes) {
    now += 1000
    await replica.changeHead(id, { profile })
  }
  return id
}

it('the id of a profile follows from network and owner alone, and names nobody who is no owner', async () => {
  const { identity } = await phone.info()
  const { id, kind, owner, write } = await phone.openProfile()
  expect({ id, kind, owner, write }).toEqual({ id: profileIdOf(network.id, identity), kind: 'profile', owner: identity, write: 'owner' })
  expect((await desk.openProfile()).id).toBe(id)
  expect((await relay.openProfile()).id).not.toBe(id)
  expect(profileIdOf(network.id, 'did:key:z6MkNobody')).toBeUndefined()
})

it.each(['phone', 'desk'])(
  'two devices that each made the profile lose nothing where they meet, whichever of them comes first: %s',
  async (first) => {
    const ns = await say(phone, { name: 'Ada' }, { about: 'Engines' })
    await say(desk, { picture }, { username: 'ada' })
    const [one, two] = first === 'phone' ? [phone, desk] : [desk, phone]
    await meet(ns, one, relay)
    await meet(ns, two, relay)
    await meet(ns, one, relay)
    for (const replica of [phone, desk, relay]) {
      expect((await replica.namespace(ns))?.profile).toEqual({ name: 'Ada', about: 'Engines', picture, username: 'ada' })
      expect(await replica.namespace(ns)).not.toHaveProperty('conflict')
    }
    expect(await phone.exportNamespace(ns)).toEqual(await desk.exportNamespace(ns))
  },
)

it('of two pictures one wins whole, and the other is told to the owner', async () => {
  const ns = await say(phone, { name: 'Ada' })
  await meet(ns, phone, relay)
  await meet(ns, desk, relay)
  const other = { cid: cidOfBytes(RAW, utf8('other')).toString(), size: 5 }
  await say(phone, { picture })
  await say(desk, { picture: other })
  await meet(ns, phone, relay)
  await meet(ns, desk, relay)
  await meet(ns, phone, relay)
  const shown = (await relay.namespace(ns))?.profile?.picture
  expect([picture, other]).toContainEqual(shown)
  const lost = (await Promise.all([phone, desk].map((one) => one.namespace(ns)))).flatMap((info) => info?.conflict?.profile?.picture ?? [])
  const loser = shown?.cid === picture.cid ? other : picture
  expect(new Set(lost.map(({ cid }) => cid))).toEqual(new Set([loser.cid]))
})

it('what is taken away is gone, and the last of it takes the profile away', async () => {
  const ns = await say(phone, { name: 'Ada', about: 'x' }, { name: null })
  expect((await phone.namespace(ns))?.profile).toEqual({ about: 'x' })
  await say(phone, { about: null })
  expect(await phone.namespace(ns)).not.toHaveProperty('profile')
})

it.each([
  ['an empty name', { name: '' }],
  ['two lines', { name: 'Ada\nLovelace' }],
  ['a name that turns the direction', { name: 'Ada\u202egnuoY' }],
  ['a zero-width space', { name: 'A\u200bda' }],
  ['a zero-width joiner', { name: 'A\u200dda' }],
  ['a soft hyphen', { name: 'A\u00adda' }],
  ['an invisible filler', { name: 'Ada\u3164' }],
  ['a tag', { name: 'Ada\u{e0041}' }],
  ['a space in front', { name: ' Ada' }],
  ['two spaces', { name: 'Ada  L' }],
  ['65 characters', { name: 'x'.repeat(65) }],
  ['half a surrogate', { name: '\ud83d' }],
  ['an about that turns the direction', { about: 'a\u202eb' }],
  ['a username of capitals', { username: 'Ada' }],
  ['a username of another script', { username: 'аda' }],
  ['a picture that is too large', { picture: { ...picture, size: 256 * 1024 + 1 } }],
  ['a picture that is no file', { picture: { cid: 'x', size: 1 } }],
  ['a field that there is not', { colour: 'red' }],
] as const)('%s is refused with bad-profile, and nothing changes', async (_, change) => {
  const ns = await say(phone, { name: 'Ada 名前 Ж' })
  await expect(phone.changeHead(ns, { profile: change as ProfileChange })).rejects.toMatchObject({ code: 'bad-profile' })
  expect((await phone.namespace(ns))?.profile).toEqual({ name: 'Ada 名前 Ж' })
})

it('no other namespace says what a profile says', async () => {
  const { id } = await phone.createNamespace({ name: 'notes', write: 'owner' })
  await expect(phone.changeHead(id, { profile: { name: 'Ada' } })).rejects.toMatchObject({ code: 'bad-option' })
})
