import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type DocstoreProcess, type Ready, Workbench } from './testing/docstore-process.ts'

const bench = new Workbench()
afterAll(() => bench.close())

/** A folder of a new person in the network of a relay. */
async function person(join: string): Promise<{ readonly data: string; readonly id: string }> {
  const data = bench.folder()
  await bench.json(['join', join, '--data', data])
  return { data, id: (await bench.json<{ person: string }>(['person', 'show', '--data', data])).person }
}

const inFuture = expect.stringMatching(/^20.*Z$/) as string

describe('a relay that grants names', { timeout: 120_000 }, () => {
  const relayData = bench.folder()
  let relay: DocstoreProcess
  let ready: Ready
  let alice: Awaited<ReturnType<typeof person>>
  let bob: Awaited<ReturnType<typeof person>>
  beforeAll(async () => {
    ;({ relay, ready } = await bench.relay(relayData, '--names'))
    ;[alice, bob] = [await person(ready.join), await person(ready.join)]
  })
  const claim = (name: string, data: string): Promise<object> => bench.json(['name', 'claim', name, '--data', data])
  const refused = (name: string, data: string): Promise<object> => bench.failure(['name', 'claim', name, '--data', data])

  it('gives a name to one person, and to no other one, not even one that looks like it', async () => {
    expect(await claim('@Alice', alice.data)).toEqual({ name: 'alice', state: 'held', person: alice.id, until: inFuture })
    // Once more does no harm.
    expect(await claim('alice', alice.data)).toMatchObject({ person: alice.id })
    expect(await refused('alice', bob.data)).toMatchObject({ exit: 1, code: 'name-taken' })
    expect(await refused('a1ice', bob.data)).toMatchObject({ code: 'name-confusable' })
    expect(await bench.json(['name', 'show', 'alice', '--data', bob.data])).toMatchObject({ name: 'alice', person: alice.id, until: inFuture })
    expect(await bench.json(['name', 'show', 'nobody-yet', '--data', bob.data])).toEqual({
      name: 'nobody-yet',
      state: 'free',
      person: null,
      until: null,
    })
  })

  it('names that pass for others are refused before anybody is asked', async () => {
    for (const name of ['\u0430lice', 'al\u202eice', 'al\u200bice', 'admin'])
      expect(await refused(name, bob.data), JSON.stringify(name)).toMatchObject({ code: 'bad-username' })
  })

  it('a name stands for its person wherever an id does', async () => {
    await bench.json(['profile', 'set', 'name', 'Alice', '--data', alice.data])
    expect(await bench.json(['profile', 'show', '@alice', '--data', bob.data])).toMatchObject({
      person: alice.id,
      names: ['alice'],
      static: { name: 'Alice' },
    })
    const { id } = await bench.json<{ id: string }>(['namespace', 'create', 'plans', '--write', 'members', '--data', bob.data])
    const { roles } = await bench.json<{ roles: object[] }>(['namespace', 'grant', id, '@alice', 'write', '--data', bob.data])
    expect(roles).toMatchObject([{ who: alice.id, role: 'write' }])
    expect(await bench.failure(['profile', 'show', '@nobody-yet', '--data', bob.data])).toMatchObject({ code: 'unknown-name' })
  })

  it('forgets no grant when it is killed', async () => {
    await relay.stop('SIGKILL')
    const { port } = new URL(ready.http)
    ;({ relay } = await bench.relay(relayData, '--port', port))
    expect(await refused('alice', bob.data)).toMatchObject({ code: 'name-taken' })
    expect(await bench.json(['name', 'show', 'alice', '--data', alice.data])).toMatchObject({ person: alice.id })
  })

  it('a name that was given up stays with nobody for a while, but its holder', async () => {
    expect(await bench.failure(['name', 'release', 'alice', '--data', bob.data])).toMatchObject({ code: 'not-allowed' })
    expect(await bench.json(['name', 'release', 'alice', '--data', alice.data])).toMatchObject({
      name: 'alice',
      state: 'quarantine',
      person: null,
      last: alice.id,
    })
    expect(await refused('alice', bob.data)).toMatchObject({ code: 'name-quarantined' })
    expect(await claim('alice', alice.data)).toMatchObject({ state: 'held', person: alice.id })
  })

  it('who enters a place is seen there by who looks, until they leave', async () => {
    const watching = bench.start('presence', 'watch', 'lobby', '--data', bob.data, '--json')
    await watching.line('Looking at')
    const staying = bench.start('presence', 'enter', 'lobby', '--note', 'Reading', '--data', alice.data, '--json')
    expect(JSON.parse(await watching.line('"came"'))).toMatchObject({ type: 'came', isMe: false, note: 'Reading' })
    expect(JSON.parse(await staying.line('"came"'))).toMatchObject({ who: alice.id, isMe: true })
    expect((await staying.stop()).code).toBe(0)
    expect(JSON.parse(await watching.line('"left"'))).toMatchObject({ type: 'left', note: 'Reading' })
    await watching.stop()
  })

  it('a name can be given to another person', async () => {
    await bench.json(['name', 'transfer', 'alice', bob.id, '--data', alice.data])
    expect(await bench.json(['name', 'show', 'alice', '--data', bob.data])).toMatchObject({ person: alice.id })
    expect(await claim('alice', bob.data)).toMatchObject({ state: 'held', person: bob.id })
    expect(await bench.json(['name', 'show', 'alice', '--data', alice.data])).toMatchObject({ person: bob.id })
    expect(await refused('alice', alice.data)).toMatchObject({ code: 'name-taken' })
  })
})

it('a network that was made without names has none', async () => {
  const data = bench.folder()
  const { relay, ready } = await bench.relay(data)
  const { data: folder } = await person(ready.join)
  expect(await bench.failure(['name', 'claim', 'carol', '--data', folder])).toMatchObject({ code: 'no-name-authority' })
  await relay.stop()
  expect(await bench.failure(['relay', '--data', data, '--port', '0', '--names'])).toMatchObject({ code: 'no-name-authority' })
})
