import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { type Ready, Workbench } from './testing/docstore-process.ts'

interface Shown {
  readonly person: string
  readonly identity: string
  readonly words: string
}

const bench = new Workbench()
const [desk, phone, fresh] = [bench.folder(), bench.folder(), bench.folder()]
let ready: Ready
let me: Shown
let ns: string
let words: readonly string[]
beforeAll(async () => {
  ready = (await bench.relay(bench.folder())).ready
  await bench.json(['join', ready.join, '--data', desk])
  me = await bench.json<Shown>(['person', 'show', '--data', desk])
  ns = (await bench.json<{ id: string }>(['namespace', 'create', 'notes', '--data', desk])).id
})
afterAll(() => bench.close())

/** Adds the phone to the desk, as two people at two terminals do. */
async function pair(): Promise<void> {
  const host = bench.start('device', 'add', '--json', '--data', desk)
  const { link, page } = JSON.parse(await host.line('"link"')) as { link: string; page: string }
  expect(page).toBe(`${new URL(ready.http).origin}/#${link}`)
  // One typo: it is told, and comes again with the same link.
  const mistyped = bench.start('device', 'join', link, '--label', 'typo', '--json', '--data', phone)
  const { code: first } = JSON.parse(await mistyped.line('"code"')) as { code: string }
  await host.line('Code that "typo" shows')
  host.child.stdin.write(`${first === '111111' ? '222222' : '111111'}\n`)
  expect((await mistyped.finished).stdout).toContain('wrong-check-code')
  expect(JSON.parse(await host.line('"refused"'))).toMatchObject({ label: 'typo', reason: 'wrong-check-code' })
  // What a page shows says the same.
  const guest = bench.start('device', 'join', page, '--label', 'phone', '--json', '--data', phone)
  const { code, person } = JSON.parse(await guest.line('"code"')) as { code: string; person: string }
  expect(person).toBe(me.person)
  await host.line('Code that "phone" shows')
  host.child.stdin.end(`${code}\n`)
  expect(JSON.parse(await host.line('"added"'))).toMatchObject({ label: 'phone', told: 1 })
  const { code: exit, stdout } = await guest.finished
  expect({ exit, last: JSON.parse(stdout.trim().split('\n').at(-1) ?? '') }).toMatchObject({ exit: 0, last: { joined: true, namespaces: [ns] } })
  expect((await host.finished).code).toBe(0)
}

const texts = async (data: string): Promise<readonly unknown[]> =>
  (await bench.run(['find', ns, '{}', '--data', data, '--json'])).stdout
    .trim()
    .split('\n')
    .map((line) => (JSON.parse(line) as { text: string }).text)
    .toSorted()

it('a second device joins by a link and a code, and what both write offline comes together; revoked, it writes for nobody', {
  timeout: 180_000,
}, async () => {
  expect(me).toMatchObject({ words: 'here' })
  await pair()
  expect(await bench.json(['device', 'list', '--data', desk])).toMatchObject(
    expect.arrayContaining([expect.objectContaining({ isThis: true }), expect.objectContaining({ label: 'phone', isThis: false })]),
  )
  const key = (await bench.json<Shown>(['person', 'show', '--data', phone])).identity
  expect(await bench.json(['device', 'label', key.slice(-8), 'my phone', '--data', desk])).toEqual({ key, label: 'my phone', told: 1, why: null })
  // Joining has fetched it.
  expect(await bench.json(['namespace', 'list', '--data', phone])).toMatchObject([{ id: ns, name: 'notes' }])
  await Promise.all([
    bench.json(['put', ns, '--offline', '--data', desk], '{"text":"desk"}'),
    bench.json(['put', ns, '--offline', '--data', phone], '{"text":"phone"}'),
  ])
  for (const data of [desk, phone, desk]) await bench.json(['sync', ns, '--data', data])
  expect(await texts(desk)).toEqual(['desk', 'phone'])
  expect(await texts(phone)).toEqual(['desk', 'phone'])

  expect(await bench.json(['device', 'revoke', 'my phone', '--data', desk])).toMatchObject({ revoked: key, told: 1 })
  // It does not know yet. What it makes and deletes is taken by nobody, which it says.
  const made = await bench.run(['namespace', 'create', 'stolen', '--data', phone, '--json'])
  expect({ exit: made.code, made: JSON.parse(made.stdout) as unknown }).toMatchObject({ exit: 1, made: { error: { code: 'revoked' } } })
  const erased = await bench.run(['erase', ns, '--author', 'me', '--data', phone, '--json'])
  expect(JSON.parse(erased.stdout.split('\n')[0] ?? '')).toMatchObject({
    documents: 0,
    namespaces: [{ refused: 'revoked', relays: [{ confirmed: false }] }],
  })
  const put = await bench.run(['put', ns, '--offline', '--data', phone], '{"text":"thief"}')
  const synced = await bench.run(['sync', ns, '--data', phone])
  // Said once, by whichever of them heard of it first.
  expect([made, erased, put, synced].filter(({ stderr }) => stderr.includes('This device was revoked'))).toHaveLength(1)
  await bench.json(['sync', ns, '--data', desk])
  expect(await texts(desk)).toEqual(['desk', 'phone'])
})

it('all devices lost: the words and a relay bring the person and 1,000 documents back, and it writes', async () => {
  const rows = join(desk, 'rows.ndjson')
  writeFileSync(rows, Array.from({ length: 1000 }, (_, i) => `{"_id":"r${i}","text":"row"}`).join('\n'))
  await bench.json(['import', ns, rows, '--collection', 'rows', '--data', desk])
  await bench.json(['sync', ns, '--data', desk])
  ;({ words } = await bench.json<{ words: readonly string[] }>(['person', 'words', '--data', desk]))
  // Of a person without a namespace no relay keeps anything: that is not as if none were reached.
  const alone = ['person', 'words', '--replace', '--join', ready.join, '--data', bench.folder()]
  expect(await bench.json(alone)).toMatchObject({ told: 0, why: 'nothing-kept' })
  const unreached = bench.start('device', 'add', '--data', bench.folder())
  await unreached.line('No relay is connected')
  await unreached.stop()
  expect(words).toHaveLength(24)
  const begun = performance.now()
  const restoring = bench.start('person', 'restore', '--label', 'new', '--join', ready.join, '--json', '--data', fresh)
  restoring.child.stdin.end(words.join(' '))
  const { code, stdout, stderr } = await restoring.finished
  expect({ code, stderr }).toMatchObject({ code: 0 })
  expect(JSON.parse(stdout)).toMatchObject({ person: me.person, namespaces: [ns] })
  expect(await bench.json(['count', ns, '{}', '--collection', 'rows', '--data', fresh])).toMatchObject({ count: 1000 })
  console.log(`restored after ${((performance.now() - begun) / 1000).toFixed(1)} s`)
  await bench.json(['put', ns, '--data', fresh], '{"text":"back"}')
  const listed = await bench.run(['device', 'list', '--data', desk])
  expect(listed).toMatchObject({
    stdout: expect.stringContaining('new') as string,
    stderr: expect.stringContaining('A device was added to you: "new"') as string,
  })
  await bench.json(['sync', ns, '--data', desk])
  expect(await texts(desk)).toContain('back')
})

it('says whom a device that is revoked had revoked itself, for they act again', async () => {
  const { identity } = await bench.json<Shown>(['person', 'show', '--data', phone])
  expect(await bench.json(['device', 'revoke', me.identity, '--data', fresh])).toMatchObject({ revoked: me.identity, again: [identity] })
  expect(await texts(fresh)).toContain('back')
  // Words that somebody has seen are replaced, where they are typed.
  const replaced = await bench.json<{ words: readonly string[] }>(['person', 'words', '--replace', '--data', fresh], words.join(' '))
  expect(replaced).toMatchObject({ told: 1 })
  expect(replaced.words).toHaveLength(24)
})
