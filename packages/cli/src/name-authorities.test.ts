import { afterAll, expect, it } from 'vitest'
import { Workbench } from './testing/docstore-process.ts'

const bench = new Workbench()
afterAll(() => bench.close())

/** A folder of a new person in the network of a relay. */
async function person(join: string): Promise<{ readonly data: string; readonly id: string }> {
  const data = bench.folder()
  await bench.json(['join', join, '--data', data])
  return { data, id: (await bench.json<{ person: string }>(['person', 'show', '--data', data])).person }
}

/** Adds a device to the person of another folder, as two people at two terminals do. */
async function pair(desk: string, laptop: string): Promise<void> {
  const host = bench.start('device', 'add', '--json', '--data', desk)
  const { link } = JSON.parse(await host.line('"link"')) as { link: string }
  const guest = bench.start('device', 'join', link, '--label', 'laptop', '--json', '--data', laptop)
  const { code } = JSON.parse(await guest.line('"code"')) as { code: string }
  await host.line('Code that "laptop" shows')
  host.child.stdin.end(`${code}\n`)
  expect((await guest.finished).code).toBe(0)
  expect((await host.finished).code).toBe(0)
}

it('of three authorities two are enough, and one is not; what they granted is known where they are not', { timeout: 240_000 }, async () => {
  const folders = [bench.folder(), bench.folder(), bench.folder()]
  const dids: string[] = []
  for (const data of folders) dids.push((await bench.json<{ identity: string }>(['id', '--data', data])).identity)
  const [first = '', ...others] = folders
  const shown = await bench.json(['network', 'create', 'three', '--names', dids.join(','), '--names-quorum', '2', '--data', first])
  expect(shown).toMatchObject({ names: { authorities: dids, quorum: 2 } })
  const { ready } = await bench.relay(first)
  const [second, third] = await Promise.all(others.map(async (data) => (await bench.relay(data, '--join', ready.join)).relay))
  // One that grants nothing, and keeps what others say.
  const { ready: plain } = await bench.relay(bench.folder(), '--join', ready.join)
  const [alice, bob] = [await person(ready.join), await person(plain.join)]
  await third?.stop('SIGKILL')

  expect(await bench.json(['name', 'claim', 'alice', '--data', alice.data])).toMatchObject({ state: 'held', person: alice.id })
  expect(await bench.failure(['name', 'claim', 'alice', '--data', bob.data])).toMatchObject({ code: 'name-taken' })
  await second?.stop('SIGKILL')
  expect(await bench.json(['name', 'show', 'alice', '--data', bob.data])).toMatchObject({ person: alice.id })
  expect(await bench.failure(['name', 'claim', 'carol', '--data', alice.data, '--timeout', '8'])).toMatchObject({ code: 'name-undecided' })
  // What one has granted counts once another does.
  await bench.relay(others[0] ?? '', '--join', ready.join)
  expect(await bench.json(['name', 'claim', 'carol', '--data', alice.data])).toMatchObject({ state: 'held', person: alice.id })
})

it('a device that was revoked gets no name, and loses none of its person', { timeout: 240_000 }, async () => {
  const { ready } = await bench.relay(bench.folder(), '--names')
  const desk = await person(ready.join)
  const laptop = bench.folder()
  await pair(desk.data, laptop)
  expect(await bench.json(['name', 'claim', 'alice', '--data', laptop])).toMatchObject({ state: 'held', person: desk.id })
  const { identity } = await bench.json<{ identity: string }>(['person', 'show', '--data', laptop])
  await bench.json(['device', 'revoke', identity, '--data', desk.data])
  expect(await bench.failure(['name', 'claim', 'thief', '--data', laptop])).toMatchObject({ code: 'not-allowed' })
  expect((await bench.run(['name', 'release', 'alice', '--data', laptop])).code).toBe(1)
  const other = await person(ready.join)
  expect(await bench.failure(['name', 'claim', 'alice', '--data', other.data])).toMatchObject({ code: 'name-taken' })
  expect(await bench.json(['name', 'show', 'alice', '--data', desk.data])).toMatchObject({ state: 'held', person: desk.id })
})
