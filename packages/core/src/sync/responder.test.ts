import * as dagCbor from '@ipld/dag-cbor'
import { beforeEach, describe, expect, it, vi } from 'vitest'
import { type Batch, decodeBatch, encodeBatch } from '../model/batch.ts'
import { utf8 } from '../model/bytes.ts'
import { authorName } from '../model/people/author.ts'
import { createNetwork, type Network } from '../model/network/network.ts'
import { recordHash } from '../model/record.ts'
import { createSeal } from '../model/seal.ts'
import { type DecodedGenesis, decodeGenesis } from '../model/namespace/namespace.ts'
import { sha256 } from '#crypto'
import { timeFromMs } from '../model/clock.ts'
import { HostileNetwork } from '../testing/hostile-network.ts'
import { seededRandom } from '../testing/random.ts'
import { TestPeer } from '../testing/test-peer.ts'
import { VirtualTime } from '../testing/virtual-time.ts'
import { decodeResponse, encodeRequest, type Request, type Response } from './messages.ts'
import { Ledger } from './ledger.ts'
import { NamespaceMoves } from './namespace-moves.ts'
import { Responder } from './responder.ts'
import { fc } from '../testing/fast-check.ts'

const time = new VirtualTime()
const random = seededRandom(3)
const network = createNetwork('ours', { nonce: random.bytes(16) })
const idle = new AbortController().signal

async function newPeer(name: string, of: Network = network, skewMs = 0): Promise<TestPeer> {
  const peer = new TestPeer({ name, role: 'relay', network: of, time, wires: new HostileNetwork(time, random), random, skewMs })
  await peer.start()
  return peer
}

async function ask(responder: Responder, request: Request | Uint8Array): Promise<{ response: Response; isLast: boolean }> {
  const { frame, isLast } = await responder.respond(request instanceof Uint8Array ? request : encodeRequest(request), idle)
  const response = decodeResponse(frame)
  if (!response.ok) throw new Error(response.reason)
  return { response: response.value, isLast }
}

function hex(text: string): Uint8Array {
  return Uint8Array.from(Buffer.from(text.replaceAll(' ', ''), 'hex'))
}

const hello: Request = { t: 'hello', v: 1, net: network.id, role: 'peer', clock: 0, epoch: 'ab' }

async function greeted(peer: TestPeer): Promise<Responder> {
  const responder = peer.respond('somebody')
  expect((await ask(responder, hello)).response.t).toBe('hello')
  return responder
}

/** Everything that a peer holds, to see that nothing changed. */
async function everything(peer: TestPeer): Promise<unknown> {
  const stored = await peer.storage.namespaces()
  return [stored, await Promise.all(stored.map(async ({ ns }) => peer.storage.recordsSince(ns, 0, 10_000)))]
}

describe('Responder', () => {
  let relay: TestPeer
  let ns: string
  let responder: Responder
  beforeEach(async () => {
    relay = await newPeer('relay')
    ns = await relay.createNamespace('anyone')
    await relay.replica.write(ns, 'notes', [{ id: 'a', content: '{"_id":"a"}' }])
    responder = await greeted(relay)
  })

  it.each<[string, Uint8Array, string]>([
    ['nothing', new Uint8Array(), 'malformed'],
    ['garbage', Uint8Array.of(0xff, 1, 2, 3), 'malformed'],
    ['a list', dagCbor.encode([1]), 'malformed'],
    ['keys that are not sorted', hex('a2 656166746572 60 6174 646c697374'), 'malformed'],
    ['a map of indefinite length', hex('bf 6174 646c697374 656166746572 60 ff'), 'malformed'],
    ['an integer as a float', hex('a4 6174 6470756c6c 626e73 6178 6565706f6368 60 6573696e6365 fb3ff0000000000000'), 'malformed'],
    ['an integer that is not the shortest', hex('a4 6174 6470756c6c 626e73 6178 6565706f6368 60 6573696e6365 1801'), 'malformed'],
    ['text that is not UTF-8', hex('a2 6174 646c697374 656166746572 61ff'), 'malformed'],
    ['an unknown type', dagCbor.encode({ t: 'erase' }), 'malformed'],
    ['an unknown field', dagCbor.encode({ t: 'list', after: '', filter: 1 }), 'malformed'],
    ['a missing field', dagCbor.encode({ t: 'list' }), 'malformed'],
    ['half a slot', dagCbor.encode({ t: 'fetch', ns: 'x', slots: new Uint8Array(17) }), 'malformed'],
    ['too many slots', dagCbor.encode({ t: 'fetch', ns: 'x', slots: new Uint8Array(16 * 4097) }), 'malformed'],
    ['too many follows', dagCbor.encode({ t: 'follow', epoch: '', wants: Array.from({ length: 1025 }, () => ['x', 0]), wait: 0 }), 'malformed'],
    ['a frame of more than 256 KiB', dagCbor.encode({ t: 'put', ns: 'x', batch: new Uint8Array(256 * 1024) }), 'too-large'],
  ])('answers %s with a named error, ends the stream and changes nothing', async (_, frame, code) => {
    const before = await everything(relay)
    expect(await ask(responder, frame)).toMatchObject({ response: { t: 'error', code }, isLast: true })
    expect(await everything(relay)).toEqual(before)
  })

  it('answers whatever bytes with a frame that can be read', async () => {
    const before = await everything(relay)
    const good = [
      hello,
      { t: 'open', ns },
      { t: 'ask', ns, question: dagCbor.encode([1, new Uint8Array(), new Uint8Array(), new Uint8Array(16)]) },
      { t: 'ask', ns, question: dagCbor.encode([1, new Uint8Array(16), new Uint8Array(), new Uint8Array(16)]) },
      { t: 'follow', epoch: 'x', wants: [{ ns, since: 0 }], wait: 0 },
    ] as const
    await fc.assert(
      fc.asyncProperty(
        fc.nat(good.length - 1),
        fc.array(fc.tuple(fc.nat(400), fc.nat(255)), { minLength: 1, maxLength: 3 }),
        async (index, changes) => {
          const frame = encodeRequest(good[index] ?? hello).slice()
          for (const [at, byte] of changes) frame[at % frame.length] = byte
          await ask(await greeted(relay), frame)
        },
      ),
      { numRuns: 500 },
    )
    expect(await everything(relay)).toEqual(before)
  })

  it.each<Request>([
    { t: 'list', after: '' },
    { t: 'open', ns: 'x' },
    { t: 'put', ns: 'x', batch: new Uint8Array() },
    { t: 'follow', epoch: 'x', wants: [], wait: 0 },
    { t: 'pull', epoch: 'x', ns: 'x', since: 0 },
  ])('does not answer $t before hello', async (request) => {
    expect(await ask(relay.respond('somebody'), request)).toMatchObject({ response: { t: 'error', code: 'no-hello' }, isLast: true })
  })

  it('turns away who is in another network', async () => {
    const other = { ...hello, net: createNetwork('theirs').id }
    expect(await ask(relay.respond('somebody'), other)).toMatchObject({ response: { t: 'error', code: 'wrong-network' }, isLast: true })
  })

  it('refuses a cursor of another database', async () => {
    const requests: Request[] = [
      { t: 'follow', epoch: 'another', wants: [{ ns, since: 0 }], wait: 0 },
      { t: 'pull', epoch: 'another', ns, since: 0 },
    ]
    for (const request of requests)
      expect(await ask(responder, request)).toMatchObject({ response: { t: 'error', code: 'unknown-epoch' }, isLast: true })
  })

  it.each<Request>([
    { t: 'ask', ns: 'x', question: new Uint8Array() },
    { t: 'fetch', ns: 'x', slots: new Uint8Array(16) },
    { t: 'put', ns: 'x', batch: encodeBatch({ seals: [], records: [] }) },
  ])('names the error where the namespace is unknown: $t', async (request) => {
    expect(await ask(responder, request)).toMatchObject({ response: { t: 'error', code: 'unknown-namespace' }, isLast: false })
  })

  it('says that it does not know a namespace, and keeps none that does not verify', async () => {
    expect((await ask(responder, { t: 'open', ns: 'x' })).response).toEqual({ t: 'unknown' })
    const owner = await newPeer('owner')
    const theirs = await owner.replica.exportNamespace(await owner.createNamespace('owner'))
    const foreign = await newPeer('foreign', createNetwork('theirs'))
    const foreigns = await foreign.replica.exportNamespace(await foreign.createNamespace('owner'))
    if (theirs === undefined || foreigns === undefined) throw new Error('no namespace')
    const before = await everything(relay)
    const offers: [typeof theirs, string][] = [
      [{ ...theirs, signature: new Uint8Array(64) }, 'bad-signature'],
      [{ ...theirs, head: foreigns.head }, 'wrong-network'],
      [{ ...theirs, genesis: Uint8Array.of(1) }, 'malformed'],
      [foreigns, 'wrong-network'],
    ]
    for (const [offer, code] of offers)
      expect((await ask(await greeted(relay), { t: 'offer', ...offer })).response).toMatchObject({ t: 'error', code })
    expect(await everything(relay)).toEqual(before)
  })

  it('gives no details of a failure inside', async () => {
    relay.storage.lastSeq = () => {
      throw new TypeError('secret path')
    }
    const epoch = (await relay.replica.info()).epoch
    const { response } = await ask(responder, { t: 'follow', epoch, wants: [{ ns, since: 0 }], wait: 0 })
    expect(response).toEqual({ t: 'error', code: 'internal', message: 'The request failed' })
  })
})

describe('put', () => {
  const now = timeFromMs(time.clock()())

  /** A batch of one good record, as another peer makes it. */
  async function good(writer: TestPeer, ns: string, id: string): Promise<Batch> {
    const { genesis, head, signature } = (await writer.replica.exportNamespace(ns)) ?? {}
    if (genesis === undefined || head === undefined || signature === undefined) throw new Error('no namespace')
    return sealed(writer, ns, id, `{"_id":"${id}"}`)
  }

  /** Signs whatever it is given, in this writer's name. */
  async function sealed(writer: TestPeer, ns: string, id: string, content: string, at = now, net = network): Promise<Batch> {
    const genesis = await genesisOf(writer, ns)
    const bytes = utf8(content)
    const scope = { net: net.cid, ns: genesis.cid, write: genesis.genesis.write }
    const by = writer.identity.author
    const hash = recordHash(scope, { at, by, del: false, k: `notes/${id}`, digest: sha256(bytes), size: bytes.length })
    const seal = createSeal(net.cid, hash, writer.identity)
    return { seals: [seal], records: [{ key: `notes/${id}`, at, content: bytes, seal: 0, prev: null, exp: null }] }
  }

  async function genesisOf(peer: TestPeer, ns: string): Promise<DecodedGenesis> {
    const exported = await peer.replica.exportNamespace(ns)
    const decoded = exported && decodeGenesis(exported.genesis, network.cid)
    if (decoded?.ok !== true) throw new Error('no genesis')
    return decoded.value
  }

  function joined(batches: readonly Batch[]): Uint8Array {
    const seals = batches.flatMap((batch) => batch.seals)
    return encodeBatch({ seals, records: batches.flatMap(({ records }, seal) => records.map((record) => ({ ...record, seal }))) })
  }

  const twist = ({ seals, records }: Batch, change: Partial<Batch['records'][number]>): Batch => ({
    seals,
    records: records.map((record) => ({ ...record, ...change })),
  })

  it('refuses each bad record with its reason, and stores the others of the batch', async () => {
    const relay = await newPeer('relay')
    const writer = await newPeer('writer')
    const ns = await relay.createNamespace('anyone')
    const other = await relay.createNamespace('anyone')
    for (const id of [ns, other]) {
      const exported = await relay.replica.exportNamespace(id)
      if (exported !== undefined) await writer.replica.importNamespace(exported.genesis, exported.head, exported.signature)
    }
    const base = await good(writer, ns, 'changed')
    const broken = base.seals.map((seal) => ({ ...seal, signature: seal.signature.with(3, (seal.signature[3] ?? 0) ^ 1) }))
    const cases: [string, Batch, string[]][] = [
      ['first', await good(writer, ns, 'first'), ['stored']],
      ['wrong signature', { ...base, seals: broken }, ['bad-signature']],
      ['another network', await sealed(writer, ns, 'net', '{"_id":"net"}', now, createNetwork('theirs')), ['bad-signature']],
      ['another namespace', await good(writer, other, 'ns'), ['not-sealed']],
      ['other content than was signed', twist(base, { content: utf8('{"_id":"changed","n":1}') }), ['not-sealed']],
      ['another time than was signed', twist(base, { at: now + 1 }), ['not-sealed']],
      ['not canonical', await sealed(writer, ns, 'spaces', '{"_id": "spaces"}'), ['not-canonical']],
      ['too large', await sealed(writer, ns, 'large', `{"_id":"large","text":"${'x'.repeat(122_880)}"}`), ['too-large']],
      ['no JSON', await sealed(writer, ns, 'text', 'hello'), ['bad-content']],
      ['another _id', await sealed(writer, ns, 'mine', '{"_id":"yours"}'), ['bad-content']],
      ['five minutes ahead', await sealed(writer, ns, 'soon', '{"_id":"soon"}', now + 300_000 * 4096), ['stored']],
      ['more than that', await sealed(writer, ns, 'later', '{"_id":"later"}', now + 300_000 * 4096 + 1), ['future']],
      ['last', await good(writer, ns, 'last'), ['stored']],
    ]
    const { response } = await ask(await greeted(relay), { t: 'put', ns, batch: joined(cases.map(([, batch]) => batch)) })
    if (response.t !== 'results') throw new Error(response.t)
    expect(cases.map(([name], i) => [name, response.results[i]])).toEqual(cases.map(([name, , [result]]) => [name, result]))
    for (const id of ['first', 'last', 'soon']) expect(await relay.replica.get(ns, 'notes', id)).toBe(`{"_id":"${id}"}`)
    expect((await relay.replica.summary(ns)).count).toBe(3)
  })

  it('lets in only who the policy allows', async () => {
    const relay = await newPeer('relay')
    const writer = await newPeer('writer')
    for (const write of ['owner', 'author', 'anyone'] as const) {
      const ns = await relay.createNamespace(write)
      const exported = await relay.replica.exportNamespace(ns)
      if (exported !== undefined) await writer.replica.importNamespace(exported.genesis, exported.head, exported.signature)
      const name = authorName(writer.identity.author)
      const batch = joined([
        await good(writer, ns, 'x'),
        await good(writer, ns, `${name}/x`),
        await good(writer, ns, `${authorName(relay.identity.author)}/x`),
      ])
      const { response } = await ask(await greeted(relay), { t: 'put', ns, batch })
      const expected = {
        owner: ['not-allowed', 'not-allowed', 'not-allowed'],
        author: ['not-allowed', 'stored', 'not-allowed'],
        anyone: ['stored', 'stored', 'stored'],
      }
      expect(response).toMatchObject({ t: 'results', results: expected[write] })
    }
  })

  it('says what became of a record that it has, or has newer', async () => {
    const relay = await newPeer('relay')
    const ns = await relay.createNamespace('anyone')
    const old = await sealed(relay, ns, 'a', '{"_id":"a","n":1}', now)
    const newer = await sealed(relay, ns, 'a', '{"_id":"a","n":2}', now + 1)
    const { response } = await ask(await greeted(relay), { t: 'put', ns, batch: joined([old, newer, old, newer]) })
    expect(response).toMatchObject({ results: ['stored', 'stored', 'superseded', 'same'] })
    expect(await relay.replica.get(ns, 'notes', 'a')).toBe('{"_id":"a","n":2}')
  })

  it('refuses a batch of another shape as a whole', async () => {
    const relay = await newPeer('relay')
    const ns = await relay.createNamespace('anyone')
    const before = await everything(relay)
    const batch = encodeBatch(await good(relay, ns, 'a'))
    for (const bytes of [new Uint8Array(), batch.subarray(0, batch.length - 1), Uint8Array.of(...batch, 0)]) {
      expect(decodeBatch(bytes).ok).toBe(false)
      expect(await ask(await greeted(relay), { t: 'put', ns, batch: bytes })).toMatchObject({
        response: { t: 'error', code: 'malformed' },
        isLast: true,
      })
    }
    expect(await everything(relay)).toEqual(before)
  })
})

describe('follow', () => {
  it('answers as soon as there is something new, with nothing that came from the asking side', async () => {
    const relay = await newPeer('relay')
    const writer = await newPeer('writer')
    const ns = await relay.createNamespace('anyone')
    const exported = await relay.replica.exportNamespace(ns)
    if (exported === undefined) throw new Error('no namespace')
    await writer.replica.importNamespace(exported.genesis, exported.head, exported.signature)
    await writer.replica.write(ns, 'notes', [{ id: 'theirs', content: '{"_id":"theirs"}' }])
    const { batch } = await writer.replica.batchSince(ns, 0, { maxBytes: 100_000 })
    const { epoch } = await relay.replica.info()
    const waiting = await greeted(relay)
    const putting = await greeted(relay)

    let answered: Response | undefined
    const follow = ask(waiting, { t: 'follow', epoch, wants: [{ ns, since: 0 }], wait: 20_000 }).then(({ response }) => (answered = response))
    await time.advance(1000)
    expect((await ask(putting, { t: 'put', ns, batch: batch ?? new Uint8Array() })).response).toMatchObject({ results: ['stored'] })
    await time.advance(1000)
    expect(answered).toBeUndefined()
    await relay.replica.write(ns, 'notes', [{ id: 'ours', content: '{"_id":"ours"}' }])
    await follow
    if (answered?.t !== 'news' || answered.batch === null) throw new Error('no news')
    expect(answered).toMatchObject({ ns, seq: 2, more: false })
    const decoded = decodeBatch(answered.batch)
    expect(decoded.ok && decoded.value.records.map(({ key }) => key)).toEqual(['notes/ours'])

    const since2 = ask(waiting, { t: 'follow', epoch, wants: [{ ns, since: 2 }], wait: 20_000 })
    await time.advance(20_000)
    expect((await since2).response).toEqual({ t: 'idle' })
    // The stream remembers what it follows; a request can move the position.
    expect((await ask(waiting, { t: 'follow', epoch, wants: [], wait: 0 })).response).toEqual({ t: 'idle' })
    expect((await ask(waiting, { t: 'follow', epoch, wants: [{ ns, since: 0 }], wait: 0 })).response).toMatchObject({ t: 'news', seq: 2 })
    // An answer may be lost: until the next request moves the position, it is given again.
    expect((await ask(waiting, { t: 'follow', epoch, wants: [], wait: 0 })).response).toMatchObject({ t: 'news', seq: 2 })
    expect((await ask(waiting, { t: 'follow', epoch, wants: [{ ns, since: 2 }], wait: 0 })).response).toEqual({ t: 'idle' })
    expect((await ask(putting, { t: 'pull', epoch, ns, since: 0 })).response).toMatchObject({ t: 'news', ns, seq: 2, more: false })
    expect((await ask(putting, { t: 'pull', epoch, ns, since: 2 })).response).toEqual({ t: 'news', ns, batch: null, seq: 2, more: false })
    expect((await ask(waiting, { t: 'follow', epoch, wants: [{ ns: 'not here', since: 0 }], wait: 0 })).response).toEqual({ t: 'idle' })
  })

  it('ends the stream that would follow too many namespaces', async () => {
    const relay = await newPeer('relay')
    const { epoch } = await relay.replica.info()
    const waiting = await greeted(relay)
    const follow = (from: number, count: number): ReturnType<typeof ask> =>
      ask(waiting, { t: 'follow', epoch, wants: Array.from({ length: count }, (_, i) => ({ ns: `${from + i}`, since: 0 })), wait: 0 })
    for (let from = 0; from < 10_000; from += 1000) expect((await follow(from, 1000)).response).toEqual({ t: 'idle' })
    // The list of namespaces is one more.
    expect((await follow(9999, 2)).response).toEqual({ t: 'idle' })
    expect(await follow(10_001, 1)).toMatchObject({ response: { t: 'error', code: 'too-large' }, isLast: true })
  })

  it('tells when there is one namespace more', async () => {
    const relay = await newPeer('relay')
    const { epoch } = await relay.replica.info()
    const waiting = await greeted(relay)
    const follow = (since: number): ReturnType<typeof ask> => ask(waiting, { t: 'follow', epoch, wants: [{ ns: '', since }], wait: 20_000 })
    const first = follow(0)
    await time.settle()
    const ns = await relay.createNamespace('anyone')
    // There is one, and one has come.
    expect((await first).response).toEqual({ t: 'news', ns: '', batch: null, seq: 2, more: false })
    const second = follow(2)
    // Documents are not what this is about.
    await relay.replica.write(ns, 'notes', [{ id: 'a', content: '{"_id":"a"}' }])
    await time.advance(20_000)
    expect((await second).response).toEqual({ t: 'idle' })
  })

  it('tells over another stream what the list lacks since, however much the one before has told', async () => {
    const relay = await newPeer('relay')
    const { epoch } = await relay.replica.info()
    const follow = (stream: Responder, since: number): ReturnType<typeof ask> =>
      ask(stream, { t: 'follow', epoch, wants: [{ ns: '', since }], wait: 20_000 })
    const before = await greeted(relay)
    for (let n = 0; n < 3; n++) await relay.createNamespace('anyone')
    const { response } = await follow(before, 0)
    if (response.t !== 'news') throw new Error('no news')
    const after = await greeted(relay)
    const waiting = follow(after, response.seq)
    await time.settle()
    await relay.createNamespace('anyone')
    expect((await waiting).response).toMatchObject({ t: 'news', ns: '', seq: response.seq + 2 })
  })

  it('lists few namespaces as often as they come and go, without making anybody wait', async () => {
    const relay = await newPeer('relay')
    const ns = await relay.createNamespace('anyone')
    const responder = await greeted(relay)
    // Time stands still: who had to wait would get no answer.
    for (let n = 0; n < 300; n++) expect((await ask(responder, { t: 'list', after: '' })).response).toEqual({ t: 'list', ids: [ns] })
  })

  it('looks elsewhere for a namespace that is not here, unless who asks has it', async () => {
    const relay = await newPeer('relay')
    const { id } = await (await newPeer('other')).replica.createNamespace({ name: 'elsewhere', write: 'owner' })
    const brought: string[] = []
    const { replica, now } = relay
    const bringing = new Responder({
      replica,
      role: 'relay',
      ledger: new Ledger(),
      moves: new NamespaceMoves(replica),
      now,
      delay: time.delay,
      bring: async (one) => {
        brought.push(one)
      },
    })
    await ask(bringing, hello)
    expect((await ask(bringing, { t: 'open', ns: id, has: true })).response).toEqual({ t: 'unknown' })
    expect(brought).toEqual([])
    expect((await ask(bringing, { t: 'open', ns: id })).response).toEqual({ t: 'unknown' })
    expect(brought).toEqual([id])
  })

  it('ends when its stream does, and leaves nothing behind', async () => {
    const relay = await newPeer('relay')
    const ns = await relay.createNamespace('anyone')
    const responder = await greeted(relay)
    const ended = new AbortController()
    const { epoch } = await relay.replica.info()
    const waiting = responder.respond(encodeRequest({ t: 'follow', epoch, wants: [{ ns, since: 0 }], wait: 20_000 }), ended.signal)
    await time.settle()
    ended.abort()
    expect(decodeResponse((await waiting).frame)).toMatchObject({ ok: true, value: { t: 'idle' } })
  })

  it.each(['acts', 'learn'] as const)('makes who has long logs looked at over and over for nothing wait for its answers: %s', async (t) => {
    const relay = await newPeer('relay')
    const ns = await relay.createNamespace('anyone')
    const responder = await greeted(relay)
    const looked = 16_384 * 256
    vi.spyOn(relay.replica, 'exportActs').mockResolvedValue({ logs: [], more: false, looked })
    vi.spyOn(relay.replica, 'importActs').mockResolvedValue({ stored: 1, refused: 0, looked })
    const request: Request = t === 'acts' ? { t, ns, wants: [] } : { t, ns, genesis: null, logs: [] }
    const answered: number[] = []
    const asking = (async () => {
      for (let i = 0; i < 3; i++) {
        await ask(responder, request)
        answered.push(time.elapsedMs)
      }
    })()
    const began = time.elapsedMs
    await time.settle()
    expect(answered.length).toBeLessThan(3)
    for (; answered.length < 3; await time.advance(1000)) continue
    await asking
    expect(answered.at(-1)).toBeGreaterThan(began)
  })
})
