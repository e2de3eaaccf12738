import { afterEach, beforeEach, expect, it } from 'vitest'
import { createNetwork } from '../../model/network/network.ts'
import { openNodeStorage } from '../../storage/open-node.ts'
import { seededRandom } from '../../testing/random.ts'
import type { LocalReplica } from '../local-replica.ts'
import { openReplica } from '../open-replica.ts'
import type { HeadChange } from '../types.ts'

const network = createNetwork('heads')
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

async function change(replica: LocalReplica, ns: string, head: HeadChange): Promise<void> {
  now += 1000
  await replica.changeHead(ns, head)
}

async function shared(): Promise<string> {
  const { id } = await phone.createNamespace({ name: 'notes', write: 'anyone' })
  await meet(id, phone, relay)
  await meet(id, desk, relay)
  return id
}

const heads = (ns: string) => Promise.all([phone, desk, relay].map(async (replica) => (await replica.exportNamespace(ns))?.head))

it.each(['phone', 'desk'])('changes of different fields by two devices both stay, whichever of them meets the relay first: %s', async (first) => {
  const ns = await shared()
  const { createdAt } = (await phone.namespace(ns)) ?? {}
  await change(phone, ns, { title: 'Notes', listed: true })
  await change(desk, ns, { description: 'Ours' })
  await change(desk, ns, { next: ns })
  const [one, two] = first === 'phone' ? [phone, desk] : [desk, phone]
  await meet(ns, one, relay)
  await meet(ns, two, relay)
  await meet(ns, one, relay)
  for (const replica of [phone, desk, relay]) {
    expect(await replica.namespace(ns)).toMatchObject({ name: 'Notes', listed: true, description: 'Ours', next: ns, createdAt })
    expect(await replica.namespace(ns)).not.toHaveProperty('conflict')
  }
  const [a, b, c] = await heads(ns)
  expect([b, c]).toEqual([a, a])
})

it('a namespace that one device splits, while another one names it, is split and named', async () => {
  const ns = await shared()
  await change(phone, ns, { split: 4 })
  await change(desk, ns, { title: 'Notes' })
  await change(desk, ns, { description: 'Ours', split: 2 })
  await meet(ns, desk, relay)
  await meet(ns, phone, relay)
  await meet(ns, desk, relay)
  for (const replica of [phone, desk, relay]) {
    expect(await replica.namespace(ns)).toMatchObject({ name: 'Notes', description: 'Ours', split: 4 })
    expect(await replica.namespace(ns)).not.toHaveProperty('conflict')
  }
  const [a, b, c] = await heads(ns)
  expect([b, c]).toEqual([a, a])
})

it('a head that says less of parts than another one takes nothing back, whichever comes first', async () => {
  const ns = await shared()
  const before = await desk.exportNamespace(ns)
  await change(phone, ns, { split: 2 })
  for (const title of ['a', 'b', 'c']) await change(desk, ns, { title })
  const [split, later] = [await phone.exportNamespace(ns), await desk.exportNamespace(ns)]
  for (const order of [
    [split, later],
    [later, split],
  ]) {
    const reader = await open(openNodeStorage(':memory:'))
    for (const one of [before, ...order]) if (one !== undefined) await reader.importNamespace(one.genesis, one.head, one.signature)
    expect(await reader.namespace(ns)).toMatchObject({ split: 2 })
    await reader.close()
  }
})

it('an old head that says more of parts takes nothing else back, at devices of the owner that do not know what both began with', async () => {
  const ns = await shared()
  await change(phone, ns, { split: 2, title: 'old' })
  for (let i = 0; i < 40; i++) await change(desk, ns, { title: `new ${i}`, description: 'Ours' })
  await meet(ns, desk, relay)
  await meet(ns, phone, relay)
  await meet(ns, desk, relay)
  await meet(ns, phone, relay)
  for (const replica of [phone, desk, relay]) expect(await replica.namespace(ns)).toMatchObject({ name: 'new 39', description: 'Ours', split: 2 })
  const [a, b, c] = await heads(ns)
  expect([b, c]).toEqual([a, a])
})

it('of one field that both changed, one wins everywhere, and the other is told to the owner until they set it anew', async () => {
  const ns = await shared()
  await change(phone, ns, { title: 'Phone', description: 'Phone', history: 7 })
  await change(desk, ns, { title: 'Desk', listed: true, history: 9 })
  await meet(ns, phone, relay)
  await meet(ns, desk, relay)
  await meet(ns, phone, relay)
  const info = await relay.namespace(ns)
  expect(info).toMatchObject({ description: 'Phone', listed: true })
  expect(info).not.toHaveProperty('conflict')
  const lost = info?.name === 'Phone' ? 'Desk' : 'Phone'
  expect(await desk.namespace(ns)).toMatchObject({ name: info?.name, conflict: { name: lost, history: info?.history === 7 ? 9 : 7 } })
  // The phone got what the desk made of both.
  await change(desk, ns, { listed: false })
  expect(await desk.namespace(ns)).toHaveProperty('conflict')
  await change(desk, ns, { title: lost, history: 8 })
  expect(await desk.namespace(ns)).not.toHaveProperty('conflict')
  await meet(ns, desk, relay)
  await meet(ns, phone, relay)
  expect(await phone.namespace(ns)).toMatchObject({ name: lost, description: 'Phone' })
})

it.each(['Desk', 'Phone', 'Another'])('who hears of a change sees all of it, also that two devices differ no more: %s', async (chosen) => {
  const ns = await shared()
  await change(phone, ns, { history: 3 })
  await change(phone, ns, { description: 'Phone' })
  await change(desk, ns, { description: 'Desk' })
  await meet(ns, phone, relay)
  const told: unknown[] = []
  desk.onCommit(() => void desk.namespace(ns).then((info) => told.push([info?.description, info?.conflict?.description])))
  await meet(ns, desk, relay)
  expect(told).toEqual([['Phone', 'Desk']])
  await change(desk, ns, { description: chosen })
  expect(told.slice(1)).toEqual([[chosen, undefined]])
})

it('who has changed more hears of what another device said about the same', async () => {
  const ns = await shared()
  await change(phone, ns, { description: 'Phone' })
  for (const description of ['Desk', 'My desk']) await change(desk, ns, { description })
  await meet(ns, phone, relay)
  const told: unknown[] = []
  desk.onCommit(() => void desk.namespace(ns).then((info) => told.push([info?.description, info?.conflict?.description])))
  await meet(ns, desk, relay)
  expect(told).toEqual([['My desk', 'Phone']])
})

it('an end stays where another device renamed it meanwhile, and a field that is taken back on purpose stays so', async () => {
  const ns = await shared()
  await change(phone, ns, { end: true })
  for (const title of ['A', 'B', 'C']) await change(desk, ns, { title })
  await meet(ns, desk, relay)
  await meet(ns, phone, relay)
  await meet(ns, desk, relay)
  for (const replica of [phone, desk, relay]) expect(await replica.namespace(ns)).toMatchObject({ name: 'C', ended: expect.any(String) })
  await change(phone, ns, { title: 'D' })
  await meet(ns, phone, relay)
  await meet(ns, desk, relay)
  // The desk knew it, and goes back.
  for (const title of ['E', 'C']) await change(desk, ns, { title })
  await meet(ns, desk, relay)
  await meet(ns, phone, relay)
  expect(await phone.namespace(ns)).toMatchObject({ name: 'C' })
  expect(await phone.namespace(ns)).not.toHaveProperty('conflict')
})

it('any order of meetings ends with one head everywhere, and with each field as somebody set it last', async () => {
  const random = seededRandom(4)
  for (let round = 0; round < 30; round++) {
    const ns = await shared()
    const set = new Map<string, Set<string>>([
      ['name', new Set(['notes'])],
      ['description', new Set()],
    ])
    for (let step = 0; step < 12; step++) {
      const device = random.pick([phone, desk])
      const field = random.pick(['name', 'description'])
      if (random.chance(0.5)) {
        const value = `${field} ${step}`
        set.get(field)?.add(value)
        await change(device, ns, field === 'name' ? { title: value } : { description: value })
      }
      if (random.chance(0.4)) await meet(ns, random.pick([phone, desk]), relay)
    }
    for (let pass = 0; pass < 3; pass++) for (const device of [phone, desk]) await meet(ns, device, relay)
    const [a, b, c] = await heads(ns)
    expect([b, c], `round ${round}`).toEqual([a, a])
    const info = await relay.namespace(ns)
    expect(set.get('name')).toContain(info?.name)
    if ((set.get('description')?.size ?? 0) > 0) expect(set.get('description')).toContain(info?.description)
  }
})

it('two devices that meet each other make the same of what they changed, byte by byte', async () => {
  const ns = await shared()
  await change(phone, ns, { title: 'Notes' })
  await change(desk, ns, { description: 'Ours' })
  const [one, two] = [await phone.exportNamespace(ns), await desk.exportNamespace(ns)]
  if (one === undefined || two === undefined) throw new Error('no namespace')
  await phone.importNamespace(two.genesis, two.head, two.signature)
  await desk.importNamespace(one.genesis, one.head, one.signature)
  expect(await phone.exportNamespace(ns)).toEqual(await desk.exportNamespace(ns))
})

it('lists those alone that their owner lists, in parts, and reads what others have of them without keeping it', async () => {
  const ids: string[] = []
  for (let i = 0; i < 300; i++) {
    const { id } = await phone.createNamespace({ name: `n${i}`, write: 'owner', listed: i % 3 === 0 })
    ids.push(id)
    await phone.changeHead(id, { description: 'x'.repeat(2000) })
  }
  await phone.changeHead(ids[0] ?? '', { listed: false })
  await phone.changeHead(ids[1] ?? '', { listed: true })
  const listed: string[] = []
  for (let after = '', more = true; more; after = listed.at(-1) ?? '') {
    const page = await phone.listedNamespaces(after)
    more = page.more
    for (const one of page.namespaces) {
      const read = await relay.readNamespace(one)
      if ('refused' in read) throw new Error(read.refused)
      expect(read).toMatchObject({ info: { listed: true, writable: false }, seq: expect.any(Number), isListed: true, isHere: false })
      listed.push(read.info.id)
    }
    expect(page.namespaces.length).toBeLessThan(100)
  }
  expect(listed).toEqual(ids.filter((_, i) => i === 1 || (i > 0 && i % 3 === 0)).sort())
  expect(await relay.namespaceIds()).toEqual([])
  const [first] = (await phone.listedNamespaces('')).namespaces
  if (first === undefined) throw new Error('none listed')
  expect(await relay.readNamespace({ ...first, signature: new Uint8Array(64) })).toEqual({ refused: 'bad-signature' })
})
