import * as dagCbor from '@ipld/dag-cbor'
import { beforeEach, describe, expect, it } from 'vitest'
import { decodeBatch, encodeBatch } from '../model/batch.ts'
import { createNetwork } from '../model/network/network.ts'
import { HostileNetwork } from '../testing/hostile-network.ts'
import { seededRandom } from '../testing/random.ts'
import { TestPeer } from '../testing/test-peer.ts'
import { VirtualTime } from '../testing/virtual-time.ts'
import { Ledger } from './ledger.ts'
import { encodeRequest, type Request } from './messages.ts'
import { NamespaceMoves } from './namespace-moves.ts'
import { Responder, type Violation } from './responder.ts'

const time = new VirtualTime()
const random = seededRandom(5)
const network = createNetwork('ours', { nonce: random.bytes(16) })
const idle = new AbortController().signal
const hello: Request = { t: 'hello', v: 1, net: network.id, role: 'peer', clock: 0, epoch: 'ab' }

describe('what no honest peer sends', () => {
  let relay: TestPeer
  let seen: Violation[]
  beforeEach(async () => {
    relay = new TestPeer({ name: 'relay', role: 'relay', network, time, wires: new HostileNetwork(time, random), random, skewMs: 0 })
    await relay.start()
    seen = []
  })

  async function send(...requests: readonly (Request | Uint8Array)[]): Promise<readonly Violation[]> {
    const responder = new Responder({
      replica: relay.replica,
      role: 'relay',
      ledger: new Ledger(),
      moves: new NamespaceMoves(relay.replica),
      now: time.clock(),
      delay: time.delay,
      onViolation: (violation) => seen.push(violation),
    })
    for (const request of requests) await responder.respond(request instanceof Uint8Array ? request : encodeRequest(request), idle)
    return seen
  }

  it.each<[string, readonly (Request | Uint8Array)[], readonly Violation[]]>([
    ['what cannot be read', [Uint8Array.of(1)], ['malformed']],
    ['a frame above the limit', [dagCbor.encode({ t: 'put', ns: 'x', batch: new Uint8Array(256 * 1024) })], ['too-large']],
    ['a request before the greeting', [{ t: 'list', after: '' }], ['no-hello']],
    ['a greeting of another network', [{ ...hello, net: createNetwork('theirs').id }], ['wrong-network']],
    ['questions and positions that only came too late', [hello, { t: 'pull', epoch: 'old', ns: 'x', since: 0 }], []],
    ['a namespace that is not here', [hello, { t: 'ask', ns: 'x', question: new Uint8Array() }], []],
  ])('is reported: %s', async (_, requests, violations) => {
    expect(await send(...requests)).toEqual(violations)
  })

  it('is reported once for a batch in which signatures are wrong, and not at all for a good one', async () => {
    const ns = await relay.createNamespace('anyone')
    await relay.replica.write(ns, 'notes', [
      { id: 'a', content: '{"_id":"a"}' },
      { id: 'b', content: '{"_id":"b"}' },
    ])
    const { batch: good } = await relay.replica.batchSince(ns, 0, { maxBytes: 100_000 })
    const decoded = good && decodeBatch(good)
    if (good === undefined || decoded?.ok !== true) throw new Error('no batch')
    const { seals, records } = decoded.value
    const forged = encodeBatch({ records, seals: seals.map((seal) => ({ ...seal, signature: new Uint8Array(64) })) })
    expect(await send(hello, { t: 'put', ns, batch: good })).toEqual([])
    expect(await send(hello, { t: 'put', ns, batch: forged })).toEqual(['forged-records'])
  })
})
