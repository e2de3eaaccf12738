import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type DocstoreProcess, type Ready, Workbench } from '../testing/docstore-process.ts'

const bench = new Workbench()
const [relayData, a, b] = [bench.folder(), bench.folder(), bench.folder()]
let relay: DocstoreProcess
let ready: Ready
let notes = ''

beforeAll(async () => {
  const started = await bench.relay(relayData)
  relay = started.relay
  ready = started.ready
  await bench.json(['join', ready.join, '--data', a])
  await bench.json(['join', ready.join, '--data', b])
  notes = await bench.namespace(a, 'notes')
})
afterAll(() => bench.close())

const port = (): string => new URL(ready.http).port

describe('watch', () => {
  it('prints puts that match, what matches no more, and deletes as they happen, from now on, until it is told to stop', async () => {
    await bench.json(['put', notes, '--data', a], '{"_id":"before","n":0}')
    const watch = bench.start('watch', notes, '{"n":{"$lt":5}}', '--json', '--data', b)
    await watch.line('Watching')
    await bench.json(['put', notes, '--data', a], '{"_id":"one","n":1}')
    await watch.line('"one"')
    await bench.json(['put', notes, '--data', a], '{"_id":"nine","n":9}')
    await bench.json(['put', notes, '--data', a], '{"_id":"one","n":7}')
    await watch.line('"leave"')
    await bench.json(['delete', notes, 'one', '--data', a])
    await watch.line('"delete"')
    const { code, stdout } = await watch.stop('SIGINT')
    const { person } = await bench.json<{ person: string }>(['id', '--data', a])
    expect(code).toBe(0)
    expect(
      stdout
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line) as unknown),
    ).toEqual([
      { type: 'put', _id: 'one', document: { _id: 'one', n: 1 }, from: person },
      { type: 'leave', _id: 'one', document: null, from: person },
      { type: 'delete', _id: 'one', document: null, from: person },
    ])
  })

  it('shares its folder with other commands, also when the one that holds the data changes', async () => {
    const first = bench.start('watch', notes, '--data', b)
    await first.line('Watching')
    const second = bench.start('watch', notes, '--data', b)
    await second.line('Watching')
    await bench.json(['put', notes, '--data', b], '{"_id":"x1"}')
    await Promise.all([first.line('"x1"'), second.line('"x1"')])
    await first.stop('SIGKILL')
    await bench.json(['put', notes, '--data', b], '{"_id":"x2"}')
    await second.line('"x2"')
    await bench.json(['put', notes, '--data', a], '{"_id":"x3"}')
    await second.line('"x3"')
    expect((await second.stop()).code).toBe(0)
  })

  it('goes on while a relay takes the folder over, ends and comes back', async () => {
    const data = bench.folder()
    await bench.json(['join', ready.join, '--data', data])
    const watch = bench.start('watch', notes, '--data', data)
    await watch.line('Watching')
    const { relay: own } = await bench.relay(data)
    await bench.json(['put', notes, '--data', a], '{"_id":"y1"}')
    await watch.line('"y1"')
    await own.stop('SIGKILL')
    await bench.json(['put', notes, '--data', a], '{"_id":"y2"}')
    await watch.line('"y2"')
    const { relay: again } = await bench.relay(data)
    await bench.json(['put', notes, '--data', a], '{"_id":"y3"}')
    await watch.line('"y3"')
    expect((await again.stop()).code).toBe(0)
    expect((await watch.stop()).code).toBe(0)
  })
})

describe('publish and subscribe', () => {
  it('carries messages between folders and between programs of one folder', async () => {
    const far = bench.start('subscribe', 'room', '--json', '--data', b)
    const near = bench.start('subscribe', 'room', '--json', '--data', a)
    await Promise.all([far.line('Listening'), near.line('Listening')])
    expect(await bench.json(['publish', 'room', 'hello', '--data', a])).toEqual({ recipients: 1 })
    const { peer } = await bench.json<{ peer: string }>(['id', '--data', a])
    const message = { topic: 'room', from: peer, text: 'hello' }
    expect(JSON.parse(await far.line('"hello"'))).toEqual(message)
    expect(JSON.parse(await near.line('"hello"'))).toEqual(message)
    expect(await bench.failure(['publish', '', 'x', '--data', a])).toMatchObject({ exit: 1, code: 'bad-topic' })
    expect((await Promise.all([far.stop(), near.stop('SIGINT')])).map(({ code }) => code)).toEqual([0, 0])
    expect(await bench.json(['publish', 'empty room', 'anyone?', '--data', a])).toEqual({ recipients: 0 })
  })
})

describe('standard output', () => {
  it('may be closed early by whoever reads it', async () => {
    const rows = Array.from({ length: 3000 }, (_, n) => `{"n":${n},"text":"${'x'.repeat(100)}"}`).join('\n')
    await bench.json(['import', notes, '-', '--collection', 'many', '--data', a], rows)
    const find = bench.start('find', notes, '--collection', 'many', '--data', a)
    await find.line('"n"')
    find.child.stdout.destroy()
    const { code, stderr } = await find.finished
    expect([code, stderr]).toEqual([0, ''])
  })
})

describe('a relay that is killed', () => {
  it('leaves an import to finish alone, and is equal with everyone after it is back', async () => {
    const ns = await bench.namespace(a, 'imported')
    const watch = bench.start('watch', ns, '--data', b)
    await watch.line('Watching')
    const started = bench.start('import', ns, '-', '--timeout', '1', '--json', '--data', a)
    const row = (n: number): string => `{"n":${n},"text":"${'y'.repeat(200)}"}\n`
    const write = (from: number, to: number): void => {
      for (let n = from; n < to; n++) started.child.stdin.write(row(n))
    }
    write(0, 6000)
    // The other side has some of it: the import runs while the sync goes on.
    await watch.line('"put"')
    await relay.stop('SIGKILL')
    write(6000, 9000)
    started.child.stdin.end()
    const { code, stdout } = await started.finished
    expect([code, JSON.parse(stdout)]).toEqual([
      0,
      { read: 9000, written: 9000, unchanged: 0, repeated: 0, refused: 0, seconds: expect.any(Number), copies: 0 },
    ])
    await watch.stop()

    relay = (await bench.relay(relayData, '--port', port())).relay
    const onA = await bench.json(['sync', ns, '--data', a])
    const onB = await bench.json(['sync', ns, '--data', b])
    const onRelay = await bench.json(['status', ns, '--data', relayData])
    expect(onA['documents']).toBe(9000)
    expect([onB['root'], onRelay['root']]).toEqual([onA['root'], onA['root']])
  })

  it('ends cleanly when it is told to', async () => {
    const { code, stdout } = await relay.stop('SIGINT')
    expect(code).toBe(0)
    const events = stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as { event: string })
    expect(events[0]).toMatchObject({
      event: 'ready',
      network: ready.network,
      peer: expect.any(String),
      identity: expect.any(String),
      addresses: expect.any(Array),
    })
    expect(events.slice(1).map(({ event }) => event)).toContain('peer-connected')
    const { relay: forPeople } = { relay: bench.start('relay', '--data', relayData, '--port', '0', '--name', 'ignored later') }
    await forPeople.line('Only this machine can connect')
    expect((await forPeople.stop()).stdout).toContain('join link')
  })
})
