import { afterAll, beforeAll, expect, it } from 'vitest'
import { Workbench } from './testing/docstore-process.ts'

const bench = new Workbench()
const [desk, phone] = [bench.folder(), bench.folder()]
let join: string
beforeAll(async () => {
  const { ready } = await bench.relay(bench.folder())
  join = ready.join
  await bench.json(['join', ready.join, '--data', desk])
  await bench.json(['person', 'show', '--data', desk])
})
afterAll(() => bench.close())

/** Somebody in the network who has a profile; gives their id. */
async function somebody(join: string, name: string): Promise<string> {
  const data = bench.folder()
  await bench.json(['join', join, '--data', data])
  await bench.json(['profile', 'set', 'name', name, '--data', data])
  return (await bench.json<{ person: string }>(['person', 'show', '--data', data])).person
}

async function pair(): Promise<void> {
  const host = bench.start('device', 'add', '--json', '--data', desk)
  const { link } = JSON.parse(await host.line('"link"')) as { link: string }
  const guest = bench.start('device', 'join', link, '--label', 'phone', '--json', '--data', phone)
  const { code } = JSON.parse(await guest.line('"code"')) as { code: string }
  await host.line('Code that "phone" shows')
  host.child.stdin.end(`${code}\n`)
  expect([(await guest.finished).code, (await host.finished).code]).toEqual([0, 0])
}

interface Listed {
  readonly person: string
  readonly isFollowed: boolean
  readonly isBlocked: boolean
  readonly petname?: string
}

const listed = async (data: string): Promise<ReadonlyMap<string, Listed>> => {
  const list = await bench.json<readonly Listed[]>(['profile', 'list', '--data', data])
  return new Map(list.map((one) => [one.person, one]))
}

it('follow and block lists that two devices edit at once, offline, lose nothing when they meet', { timeout: 180_000 }, async () => {
  await pair()
  const names = ['Ada', 'Bob', 'Carl', 'Dora', 'Eve']
  const [ada = '', bob = '', carl = '', dora = '', eve = ''] = await Promise.all(names.map((name) => somebody(join, name)))
  for (const data of [desk, phone]) for (const who of [ada, bob, carl, dora, eve]) await bench.json(['profile', 'show', who, '--data', data])
  const edit = async (data: string, ...commands: readonly (readonly string[])[]): Promise<void> => {
    for (const command of commands) expect(await bench.run(['profile', ...command, '--offline', '--data', data])).toMatchObject({ code: 0 })
  }
  expect(await bench.run(['profile', 'follow', bob, '--data', desk])).toMatchObject({ code: 0 })
  await listed(phone)
  await Promise.all([
    edit(desk, ['follow', carl], ['petname', ada, 'of the desk'], ['block', eve], ['unfollow', bob]),
    edit(phone, ['follow', dora], ['petname', dora, 'of the phone'], ['follow', ada]),
  ])
  // Each meets the relay, and the first one once more.
  for (const data of [desk, phone, desk]) await listed(data)
  for (const data of [desk, phone]) {
    const list = await listed(data)
    expect(list.get(bob)).toBeUndefined()
    expect(list.get(ada)).toMatchObject({ isFollowed: true, isBlocked: false, petname: 'of the desk' })
    expect(list.get(carl)).toMatchObject({ isFollowed: true, isBlocked: false })
    expect(list.get(dora)).toMatchObject({ isFollowed: true, isBlocked: false, petname: 'of the phone' })
    expect(list.get(eve)).toMatchObject({ isFollowed: false, isBlocked: true })
  }
})
