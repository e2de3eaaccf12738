import { afterAll, beforeAll, expect, it } from 'vitest'
import { Workbench } from './testing/docstore-process.ts'

const bench = new Workbench()
const [desk, laptop] = [bench.folder(), bench.folder()]
let ns: string
let eve: string

/** What Eve is told who writes there. */
const refused = async (): Promise<unknown> => JSON.parse((await bench.run(['put', ns, '--json', '--data', laptop], '{"text":"no"}')).stdout)

beforeAll(async () => {
  const { join } = (await bench.relay(bench.folder())).ready
  for (const data of [desk, laptop]) await bench.json(['join', join, '--data', data])
  eve = (await bench.json<{ person: string }>(['person', 'show', '--data', laptop])).person
  ns = (await bench.json<{ id: string }>(['namespace', 'create', 'plans', '--write', 'members', '--data', desk])).id
})
afterAll(() => bench.close())

it('a namespace of members takes what those write who were given a role', async () => {
  await bench.json(['sync', ns, '--data', laptop])
  expect(await refused()).toMatchObject({ error: { code: 'not-allowed' } })

  const granted = await bench.json<{ roles: object[]; copies: number }>(['namespace', 'grant', ns, eve, 'write', '--data', desk])
  expect(granted).toMatchObject({ roles: [{ who: eve, role: 'write' }], copies: 1 })
  await bench.json(['sync', ns, '--data', laptop])
  await bench.json(['put', ns, '--id', 'a', '--data', laptop], '{"text":"yes"}')
  expect(await bench.json(['get', ns, 'a', '--data', desk])).toEqual({ _id: 'a', text: 'yes' })
  // Whose key has written is known to be somebody's device: it has no role of its own.
  const { identity: key } = await bench.json<{ identity: string }>(['person', 'show', '--data', laptop])
  expect(await bench.failure(['namespace', 'grant', ns, key, 'write', '--data', desk])).toMatchObject({ exit: 1, code: 'bad-identity' })
})

it('and nothing more once it was taken away, also of what was written before that was heard', async () => {
  const revoked = await bench.json<{ roles: object[] }>(['namespace', 'revoke', ns, eve, '--data', desk])
  expect(revoked.roles).toMatchObject([{ who: eve, role: 'write', until: expect.any(String) as string }])
  await bench.json(['put', ns, '--id', 'b', '--offline', '--data', laptop], '{"text":"late"}')
  await bench.run(['sync', ns, '--data', laptop])
  expect(await refused()).toMatchObject({ error: { code: 'not-allowed' } })
  await bench.json(['sync', ns, '--data', desk])
  expect((await bench.run(['find', ns, '{}', '--data', desk, '--json'])).stdout.trim()).toBe('{"_id":"a","text":"yes"}')
})

it("of a person's own namespace, too, the head is shown and set", async () => {
  const hers = (await bench.json<{ id: string }>(['namespace', 'create', 'hers', '--data', laptop])).id
  expect(await bench.json(['namespace', 'set', hers, 'title', 'ours', '--data', laptop])).toMatchObject({ seq: 1, title: 'ours', roles: [] })
  expect((await bench.run(['namespace', 'history', hers, '--data', laptop])).stdout).toMatch(/made it: "hers"[^]*set title/)
})

it('shows who its members are, what they may in one collection and for a while, and how that came', async () => {
  expect(await bench.json(['namespace', 'members', ns, '--data', laptop])).toMatchObject([{ who: eve, role: 'write' }])
  expect((await bench.run(['namespace', 'members', ns, '--data', laptop])).stdout).toMatch(new RegExp(`^${eve} {2}\\S.* {2}write from`, 'm'))
  const [year] = new Date(Date.now() + 400 * 86_400_000).toISOString().split('-')
  await bench.json(['namespace', 'grant', ns, eve, 'write', '--collection', 'drafts', '--until', `${year}-12-31T00:00:00Z`, '--data', desk])
  const late = JSON.parse((await bench.run(['namespace', 'grant', ns, eve, 'read', '--until', '2001-01-01', '--json', '--data', desk])).stdout)
  expect(late).toMatchObject({ error: { code: 'bad-option' } })
  const backward = ['namespace', 'grant', ns, eve, 'read', '--from', `${year}-12-31`, '--until', `${year}-06-01`, '--data', desk]
  expect(await bench.failure(backward)).toMatchObject({ exit: 1, code: 'bad-option' })
  // Later, and since before: what was written meanwhile counts then.
  const from = `${year}-12-31T00:00:00.000Z`
  const later = await bench.json<{ roles: object[] }>(['namespace', 'grant', ns, eve, 'moderate', '--from', from, '--data', desk])
  expect(later.roles).toContainEqual({ who: eve, role: 'moderate', from })
  expect((await bench.run(['namespace', 'revoke', ns, 'did:key:z6MkpTHR8VNsBxYAAWHut2Geadd9jSwuBV8xRoAnwWsdvktH', '--data', desk])).stderr).toContain(
    'No role of did:key:z6MkpTHR8VNsBxYAAWHut2Geadd9jSwuBV8xRoAnwWsdvktH is known here',
  )
  const history = await bench.json<{ by: string }[]>(['namespace', 'history', ns, '--data', desk])
  const by = (await bench.json<{ person: string }>(['person', 'show', '--data', desk])).person
  expect(history).toMatchObject([
    { type: 'head', by, seq: 0, title: 'plans', changed: [] },
    { type: 'grant', by, who: eve, role: 'write', counts: true },
    { type: 'revoke', by, who: eve, removeAll: false },
    { type: 'grant', by, who: eve, role: 'write', collection: 'drafts', until: `${year}-12-31T00:00:00.000Z` },
    { type: 'grant', by, who: eve, role: 'moderate', from },
    { type: 'revoke', by },
  ])
})

it('takes one of several roles away, and the others go on as they were given', async () => {
  const member = (await bench.json<{ person: string }>(['person', 'show', '--data', bench.folder()])).person
  const grant = (...role: string[]): Promise<unknown> => bench.json(['namespace', 'grant', ns, member, ...role, '--offline', '--data', desk])
  await grant('write', '--collection', 'drafts', '--from', '2026-01-01', '--until', '2090-01-01')
  await grant('manage')
  const take = ['namespace', 'revoke', ns, member, '--offline', '--data', desk]
  expect(await bench.failure([...take, '--role', 'write'])).toMatchObject({ exit: 1, code: 'bad-option' })
  expect(await bench.failure([...take, '--role', 'write', '--remove-all'])).toMatchObject({ exit: 2 })
  const { roles } = await bench.json<{ roles: { who: string; until?: string }[] }>([...take, '--role', 'write', '--collection', 'drafts'])
  const held = (all: typeof roles): typeof roles => all.filter(({ who, until }) => who === member && (until === undefined || until > '2089'))
  expect(held(roles)).toMatchObject([{ role: 'manage' }])
  await grant('write', '--collection', 'drafts', '--from', '2026-01-01', '--until', '2090-01-01')
  const left = await bench.json<{ roles: typeof roles }>([...take, '--role', 'manage'])
  expect(held(left.roles)).toMatchObject([
    { role: 'write', collection: 'drafts', from: '2026-01-01T00:00:00.000Z', until: '2090-01-01T00:00:00.000Z' },
  ])
})
