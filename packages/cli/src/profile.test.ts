import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { type Ready, Workbench } from './testing/docstore-process.ts'

const bench = new Workbench()
const [ada, bob] = [bench.folder(), bench.folder()]
let ready: Ready
let person: string
beforeAll(async () => {
  ready = (await bench.relay(bench.folder())).ready
  await Promise.all([ada, bob].map((data) => bench.json(['join', ready.join, '--data', data])))
  person = (await bench.json<{ person: string }>(['id', '--data', ada])).person
})
afterAll(() => bench.close())

it('docstore profile: set here, shown, followed and called elsewhere', async () => {
  const run = (data: string, ...args: readonly string[]) => bench.json(['profile', ...args, '--data', data])
  const picture = join(ada, 'picture.png')
  writeFileSync(picture, 'pixels')
  expect(await run(ada, 'set', 'picture', picture, '--offline')).toMatchObject({
    person,
    username: null,
    static: { picture: { size: 6 } },
    copies: 0,
  })
  await run(ada, 'set', 'link', '--offline', 'home=https://ada.example/?a=b')
  const mine = await run(ada, 'set', 'name', 'Ada Lovelace')
  const shown = { person, static: { name: 'Ada Lovelace' }, dynamic: { links: { home: 'https://ada.example/?a=b' } } }
  expect(mine).toMatchObject({ ...shown, copies: 1 })

  expect(await run(bob, 'show', person)).toMatchObject({ ...shown, isFollowed: false, isMe: false })
  expect(await run(bob, 'follow', 'Ada Lovelace')).toMatchObject({ person, isFollowed: true, copies: 1 })
  expect(await run(bob, 'petname', person, 'Countess', '--offline')).toMatchObject({ label: 'Countess' })
  expect(await run(bob, 'list')).toMatchObject([{ isMe: true }, { person, label: 'Countess', isFollowed: true, isBlocked: false }])
  // A profile is no namespace that people look for.
  expect(await bench.json(['namespace', 'list', '--data', bob])).toEqual([])

  expect(await run(ada, 'set', 'link', 'home=', '--offline')).toMatchObject({ dynamic: { links: {} } })
  expect(await bench.failure(['profile', 'set', 'name', 'a\u202eb', '--data', ada, '--offline'])).toMatchObject({ exit: 1, code: 'bad-profile' })
  expect(await bench.failure(['profile', 'show', 'Nobody', '--data', ada])).toMatchObject({ exit: 1, code: 'unknown-profile' })
})
