import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Ready, Workbench } from './testing/docstore-process.ts'

const bench = new Workbench()
const [relayData, a, b] = [bench.folder(), bench.folder(), bench.folder()]
let ready: Ready
let notes = ''

beforeAll(async () => {
  ready = (await bench.relay(relayData)).ready
  await bench.json(['join', ready.join, '--data', a])
  notes = await bench.namespace(a, 'notes')
})
afterAll(() => bench.close())

describe('two folders and a relay', () => {
  it('carries a document from one to the other, and its delete', async () => {
    const put = await bench.json(['put', 'notes', '--data', a], '{"title":"Hello","_id":"hello"}')
    expect(put).toEqual({ _id: 'hello', cid: expect.stringMatching(/^baguqeera/), at: expect.stringMatching(/^20.*Z$/), copies: 1 })
    expect(await bench.json(['get', notes, 'hello', '--data', b, '--join', ready.join])).toEqual({ _id: 'hello', title: 'Hello' })
    // By name, and without the link, now that both are known there.
    expect(await bench.json(['count', 'notes', '--data', b])).toEqual({ count: 1 })
    expect(await bench.json(['delete', 'notes', 'hello', '--data', b])).toMatchObject({ _id: 'hello', deleted: true, copies: 1 })
    expect(await bench.failure(['get', 'notes', 'hello', '--data', a])).toMatchObject({ exit: 1, code: 'not-found' })
    expect(await bench.failure(['delete', 'notes', 'hello', '--data', a])).toMatchObject({ exit: 1, code: 'not-found' })
  })

  it('finds by filter, sort and limit, one document per line', async () => {
    await bench.json(
      ['import', 'notes', '-', '--collection', 'cities', '--data', a],
      '[{"_id":"p","pop":3},{"_id":"q","pop":1},{"_id":"r","pop":2},{"_id":"s"}]',
    )
    const { stdout } = await bench.run(['find', 'notes', '{"pop":{"$gt":1}}', '--sort', '-pop', '--collection', 'cities', '--data', b, '--json'])
    expect(stdout).toBe('{"_id":"p","pop":3}\n{"_id":"r","pop":2}\n')
    const some = await bench.run([
      'find',
      'notes',
      '--sort',
      ' name, -pop',
      '--skip',
      '1',
      '--limit',
      '1',
      '--fields',
      'pop,-_id',
      '--collection',
      'cities',
      '--data',
      b,
    ])
    expect(some.stdout).toMatch(/^\{"pop":\d+\}\n$/)
    expect((await bench.run(['find', 'notes', '--limit', '1', '--collection', 'cities', '--data', b])).stdout).toBe('{"_id":"p","pop":3}\n')
    expect(await bench.json(['count', 'notes', '{"pop":{"$exists":true}}', '--collection', 'cities', '--data', b])).toEqual({ count: 3 })
  })

  it('shows how a namespace stands, equal on both sides and at the relay', async () => {
    const synced = await bench.json(['sync', 'notes', '--data', a])
    expect(synced).toMatchObject({ root: expect.stringMatching(/^[0-9a-f]+$/), documents: 4 })
    for (const field of ['received', 'sent', 'bytesIn', 'bytesOut', 'rounds', 'seconds']) expect(synced[field]).toBeTypeOf('number')
    const status = await bench.json(['status', notes, '--data', b])
    expect(status).toMatchObject({ root: synced['root'], documents: 4, synced: true })
    expect(status['peers']).toEqual([
      expect.objectContaining({ id: expect.stringMatching(/^12D3/), via: 'tcp', state: 'live', lastSyncedAt: expect.any(Number) }),
    ])
    // The relay's own folder, through the relay.
    expect(await bench.json(['status', 'notes', '--data', relayData])).toMatchObject({ root: synced['root'], documents: 4, synced: true })
    expect(await bench.json(['put', 'notes', '--data', relayData], '{"from":"here"}')).toMatchObject({ copies: 1 })
    const all = await bench.json(['status', '--data', a])
    expect(all).toMatchObject({
      network: ready.network,
      namespaces: [{ id: notes, name: 'notes', documents: 5 }],
      peers: [{ role: 'relay', state: 'connected' }],
    })
  })

  it('lists and shows namespaces, peers and this identity', async () => {
    const id = await bench.json<{ person: string; peer: string }>(['id', '--data', a])
    expect(id).toEqual({
      person: expect.stringMatching(/^bafyrei/),
      identity: expect.stringMatching(/^did:key:z6Mk/),
      peer: expect.stringMatching(/^12D3/),
    })
    const list = await bench.json<readonly unknown[]>(['namespace', 'list', '--data', b])
    expect(list).toEqual([expect.objectContaining({ id: notes, name: 'notes', write: 'anyone', owner: id.person })])
    const shown = await bench.json(['namespace', 'show', notes, '--data', b])
    expect(shown).toMatchObject({
      id: notes,
      name: 'notes',
      genesis: { t: 'ns', write: 'anyone', net: ready.network },
      head: { t: 'head', seq: 0, body: { title: 'notes' } },
    })
    expect(await bench.json<readonly unknown[]>(['peers', '--data', a])).toEqual([
      expect.objectContaining({
        id: expect.stringMatching(/^12D3/),
        role: 'relay',
        state: 'connected',
        connected: true,
        via: 'tcp',
        origin: ready.http,
        services: expect.arrayContaining(['relay']),
        // It runs with a key of its own.
        identity: expect.stringMatching(/^did:key:/),
        person: null,
        name: null,
        expires: expect.any(Number),
      }),
    ])
  })

  it('says where a namespace lies', async () => {
    const peer = expect.stringMatching(/^12D3/)
    expect(await bench.json(['where', 'notes', '--data', a])).toEqual({
      namespace: notes,
      sector: expect.any(Number),
      everywhere: true,
      owners: [{ peer, origin: ready.http, has: true }],
      others: [],
      copies: 1,
      wanted: 1,
    })
  })

  it('says how much each relay keeps', async () => {
    const { relays } = await bench.json<{ readonly relays: readonly unknown[] }>(['where', '--data', a])
    expect(relays).toMatchObject([{ peer: expect.stringMatching(/^12D3/), everywhere: true, owned: 1024, serving: 1024, syncing: 0, leaving: 0 }])
    expect((await bench.run(['where', '--data', a])).stdout).toContain('keeps everything')
  })

  it('speaks to people without --json', async () => {
    const { code, stdout } = await bench.run(['status', '--data', a])
    expect(code).toBe(0)
    expect(stdout).toContain('1 of 1 peers connected')
    expect((await bench.run(['put', 'notes', '--offline', '--data', a], '{"_id":"x"}')).stdout).toBe('x  kept here\n')
  })
})

describe('without a relay', () => {
  it('keeps a write at once where none is known, and in time where none answers', async () => {
    const alone = bench.folder()
    await bench.namespace(alone, 'mine')
    // It could wait for an hour.
    expect(await bench.json(['put', 'mine', '--timeout', '3600', '--data', alone], '{}')).toMatchObject({ copies: 0 })
    await bench.json(['join', ready.join.replace(/:\d+\//, ':9/'), '--data', b])
    const { relay, ready: other } = await bench.relay(bench.folder())
    const lonely = bench.folder()
    await bench.json(['join', other.join, '--data', lonely])
    const ns = await bench.namespace(lonely, 'mine')
    await relay.stop()
    const { code, stdout, stderr } = await bench.run(['put', ns, '--timeout', '1', '--json', '--data', lonely], '{"_id":"kept"}')
    expect([code, JSON.parse(stdout)]).toEqual([0, expect.objectContaining({ copies: 0 })])
    expect(stderr).toContain('0 of 1 relays confirmed')
    const read = await bench.run(['get', ns, 'kept', '--json', '--data', lonely])
    expect([read.code, read.stdout]).toEqual([0, '{"_id":"kept"}\n'])
    expect(read.stderr).toContain('No relay could be reached')
    expect(await bench.failure(['sync', ns, '--timeout', '1', '--data', lonely])).toMatchObject({ exit: 1, code: 'relay-unreachable' })
    expect(await bench.failure(['sync', 'mine', '--data', alone])).toMatchObject({ exit: 1, code: 'no-relay' })
  })

  it('is diagnosed, with the fix', async () => {
    type Found = readonly { check: string; ok: boolean; message: string; fix: string }[]
    const healthy = await bench.json<Found>(['doctor', '--data', a])
    expect(healthy.every(({ ok }) => ok)).toBe(true)
    const data = bench.folder()
    const alone = await bench.json<Found>(['doctor', '--data', data])
    expect(alone.filter(({ ok }) => !ok)).toEqual([
      { check: 'relay', ok: false, fault: 'no-relay', message: 'No relay is known', fix: expect.stringContaining(`docstore --data ${data} relay`) },
    ])
    const half = await bench.json<Found>(['doctor', '--timeout', '1', '--data', b])
    expect(half.filter(({ ok }) => !ok).map(({ check }) => check)).toEqual(['relay'])
    const wrong = await bench.json<Found>(['doctor', '--join', 'nonsense', '--data', alone.length > 0 ? a : b])
    expect(wrong).toEqual([expect.objectContaining({ check: 'data', ok: false, fix: expect.stringContaining('join link') })])
  })
})

describe('mistakes', () => {
  it('end with 2 and the code "usage" where the command line is wrong', async () => {
    const wrong = [
      ['nope'],
      ['get', 'notes'],
      ['find', 'notes', '{bad'],
      ['find', 'notes', '--limit', '0'],
      ['put', 'notes', '--nope'],
      ['id', '--timeout', 'soon'],
      ['relay', '--tls-cert', 'cert.pem'],
    ]
    for (const args of wrong)
      expect(await bench.failure([...args, '--data', a]), args.join(' ')).toEqual({ exit: 2, code: 'usage', message: expect.any(String) })
    const incomplete = await bench.run(['get'])
    expect([incomplete.code, incomplete.stdout]).toEqual([2, ''])
    expect([(await bench.run([])).code, (await bench.run(['--help'])).code]).toEqual([2, 0])
    expect(incomplete.stderr).toContain("missing required argument 'ns'\nSee docstore get --help\n")
    expect((await bench.run(['namespace', 'set', 'notes'])).stderr).toContain('See docstore namespace set --help')
    expect(await bench.run(['help', 'find'])).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/^Usage: docstore find \[options\] <ns> \[filter\]\n/),
    })
    expect(await bench.run(['file', 'help', 'put'])).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/^Usage: docstore file put \[options\] <ns> <file>\n/),
    })
    const unknown = await bench.run(['help', 'nope'])
    expect([unknown.code, unknown.stderr]).toEqual([2, expect.stringContaining("unknown command 'nope'")])
    // What a shell leaves of a link without quotation marks.
    const cut = await bench.run(['--data', a, '--join', 'http://127.0.0.1:1/#join=uqWF0Y25l'])
    expect([cut.code, cut.stderr]).toEqual([2, expect.stringContaining('quotation marks')])
  })

  it('end with 1 and a code of their own otherwise', async () => {
    const foreignId = await bench.namespace(bench.folder(), 'elsewhere')
    const wrong: readonly (readonly [code: string, args: readonly string[], input?: string])[] = [
      ['unknown-namespace', ['get', 'nothing', 'x']],
      ['bad-collection', ['count', 'notes', '--collection', 'a b']],
      ['bad-filter', ['find', 'notes', '{"$nope":1}']],
      ['bad-json', ['put', 'notes'], '{"a":\n1,}'],
      ['bad-document', ['put', 'notes'], '[1]'],
      ['no-file', ['put', 'notes', 'no-such-file.json']],
      ['no-file', ['put', 'notes', '{"a":1}']],
      ['bad-link', ['join', 'nonsense']],
    ]
    const messages: string[] = []
    for (const [code, args, input] of wrong) {
      const failure = await bench.failure([...args, '--data', a], input)
      expect(failure, args.join(' ')).toMatchObject({ exit: 1, code })
      messages.push(failure.message)
    }
    expect(messages[3]).toContain('line 2, column 3')
    // A document in the place of the file.
    expect(messages.find((message) => message.includes('{"a":1}'))).toContain('through a pipe')
    // By itself: the relay has to be reached within seconds, or the document is kept until the namespace comes.
    expect(await bench.failure(['put', foreignId, '--data', a], '{}')).toMatchObject({ exit: 1, code: 'unknown-namespace' })
    const { code, stdout, stderr } = await bench.run(['get', 'nothing', 'x', '--data', a])
    expect([code, stdout]).toEqual([1, ''])
    expect(stderr).toMatch(/^docstore: No namespace named "nothing" is here/)
  })

  it('name both namespaces of one name', async () => {
    const twice = bench.folder()
    const ids = [await bench.namespace(twice, 'same', '--offline'), await bench.namespace(twice, 'same', '--offline', '--again')]
    const taken = await bench.failure(['namespace', 'create', 'same', '--offline', '--data', twice])
    expect([taken.code, ids.every((id) => taken.message.includes(id))]).toEqual(['name-taken', true])
    const { code, message } = await bench.failure(['count', 'same', '--data', twice])
    expect(code).toBe('ambiguous-namespace')
    for (const id of ids) expect(message).toContain(id)
    expect(await bench.json(['count', ids[0] ?? '', '--data', twice])).toEqual({ count: 0 })
    // The last letters of an id do, and an id with a wrong letter is told from a name.
    expect(await bench.json(['count', ids[1]?.slice(-8) ?? '', '--data', twice])).toEqual({ count: 0 })
    expect(await bench.failure(['count', `${ids[0]?.slice(0, -1)}`, '--data', twice])).toMatchObject({ code: 'bad-namespace-id' })
  })

  it('join a second network beside the one that the folder is in, and work in the one that is used or named', async () => {
    const { relay, ready: foreign } = await bench.relay(bench.folder())
    const [here, there] = [ready.network, foreign.network]
    const joined = await bench.run(['count', 'notes', '--join', foreign.http, '--data', a, '--json'])
    // Both are named alike: the end of an id tells them apart.
    expect(joined).toMatchObject({ code: 1, stderr: expect.stringContaining('Joined the network "my network" beside "my network"') })
    expect(joined.stdout).toMatch(new RegExp(`"other-network".*--network ${here.slice(-8)}`))
    const count = await bench.json(['count', 'notes', '--network', here.slice(-8), '--data', a])
    expect(count).toEqual({ count: expect.any(Number) })
    await bench.namespace(a, 'of the other')
    const listed = await bench.json<{ name: string; network: string }[]>(['namespace', 'list', '--data', a])
    expect(listed.find(({ name }) => name === 'of the other')?.network).toBe(there)
    expect(listed.find(({ name }) => name === 'notes')?.network).toBe(here)
    expect(await bench.failure(['network', 'use', 'my network', '--data', a])).toMatchObject({ exit: 1, code: 'ambiguous-network' })
    expect(await bench.json(['network', 'use', here, '--data', a])).toEqual({ network: here, name: 'my network' })
    expect(await bench.json(['count', 'notes', '--data', a])).toEqual(count)
    expect(await bench.json(['network', 'list', '--data', a])).toMatchObject([
      { id: here, used: true, relays: [ready.http] },
      { id: there, used: false, namespaces: 1, relays: [foreign.http] },
    ])
    await relay.stop()
    const left = await bench.json(['network', 'leave', there, '--force', '--data', a])
    expect(left).toEqual({ left: there, name: 'my network', network: here })
    expect(await bench.json(['join', ready.join, '--data', a])).toEqual({ network: ready.network, name: 'my network' })
    // A bare address tells the network too, and a folder without documents may still change.
    const fresh = bench.folder()
    await bench.json(['id', '--data', fresh])
    expect(await bench.json(['join', ready.http.replace('http://', ''), '--data', fresh])).toEqual({ network: ready.network, name: 'my network' })
  })

  it('say that a port or a folder is in use by a relay', async () => {
    const { port } = new URL(ready.http)
    expect(await bench.failure(['relay', '--port', port, '--data', bench.folder()])).toMatchObject({ exit: 1, code: 'port-in-use' })
    expect(await bench.failure(['relay', '--port', '0', '--data', relayData])).toMatchObject({ exit: 1, code: 'data-in-use' })
  })
})
