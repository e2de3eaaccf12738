import { lpStream } from '@libp2p/utils'
import { multiaddr } from '@multiformats/multiaddr'
import { openReplica } from '@p2p-docstore/core'
import { openNodeStorage } from '@p2p-docstore/core/storage/node'
import { fetchWellKnown } from '../packages/docstore/src/network/admission/index.ts'
import { parseJoinLink } from '../packages/docstore/src/network/admission/index-join.ts'
import { encodeRequest, type Request } from '../packages/core/src/sync/messages.ts'
import { Attacker } from '../packages/docstore/src/network/testing/attacker.ts'
import { syncProtocol } from '../packages/docstore/src/network/sync/index.ts'

/** A victim: a relay, and a namespace on it that anyone may write. */
interface Victim {
  readonly networkId: string
  readonly addresses: readonly ReturnType<typeof multiaddr>[]
  readonly ns: string
}

/** One connection's attack; resolves or rejects when the relay has shown the attacker out, or it has nothing more to do. */
type Assault = (attacker: Attacker, victim: Victim) => Promise<void>

/** Streams that one attacker works on at once. */
const STREAMS = 8

/** What attackers do, by name. Each goes on for ever, with a new identity whenever the relay refuses the old one. */
const ASSAULTS: Readonly<Record<string, Assault>> = {
  '1-byte frames': onStreams(async (stream) => {
    for (;;) {
      stream.send(Uint8Array.of(1, 0))
      await pause(1)
    }
  }),
  'frames that never end': onStreams(async (stream) => {
    stream.send(Uint8Array.of(0xff, 0xff, 0x03))
    for (;;) {
      stream.send(Uint8Array.of(0))
      await pause(1)
    }
  }),
  'a hundred silent streams': async (attacker, { addresses }) => {
    const connection = await attacker.connect(addresses)
    await pause(50)
    await Promise.allSettled(Array.from({ length: 100 }, () => attacker.send(connection, new Uint8Array(1))))
    await pause(2000)
  },
  'invalid signatures': onStreams(async (stream, victim) => {
    const batch = await forgedBatch(victim.ns)
    await asking(stream, victim, () => ({ t: 'put', ns: victim.ns, batch }))
  }),
  'the same records again and again': onStreams(async (stream, victim) => {
    let known: Uint8Array | null = null
    await asking(stream, victim, (answer, epoch) => {
      if (answer?.['batch'] instanceof Uint8Array) known = answer['batch']
      return known === null ? { t: 'pull', epoch, ns: victim.ns, since: 0 } : { t: 'put', ns: victim.ns, batch: known }
    })
  }),
  'questions about everything': onStreams(async (stream, victim) => {
    const { encode } = await import('@ipld/dag-cbor')
    // 1,024 ranges, of which none has the fingerprint that it is asked for with.
    const steps = Array.from({ length: 1024 }, (_, i) => [
      i === 1023 ? new Uint8Array() : Uint8Array.of((i + 1) >> 2, ((i + 1) & 3) << 6),
      new Uint8Array(16),
    ])
    const question = encode([1, new Uint8Array(), ...steps.flat()])
    await asking(stream, victim, () => ({ t: 'ask', ns: victim.ns, question }))
  }),
}

/** Names of the attacks. */
export const ATTACKS: readonly string[] = Object.keys(ASSAULTS)

/** Attacks for ever; calls back once it is under way. */
export async function attack(name: string, link: string, ns: string, onBegin: () => void): Promise<void> {
  const assault = ASSAULTS[name]
  if (assault === undefined) throw new Error(`There is no attack "${name}"`)
  await attackForEver(assault, link, ns, onBegin)
}

async function attackForEver(assault: Assault, link: string, ns: string, onBegin: () => void): Promise<void> {
  const { network, addresses: all } = await fetchWellKnown(parseJoinLink(link).origins[0], AbortSignal.timeout(5000))
  const addresses = all.filter((address) => /\/tcp\/\d+(\/p2p\/|$)/.test(address)).map((address) => multiaddr(address))
  const victim: Victim = { networkId: network.id, addresses, ns }
  const attacker = await Attacker.start(network)
  setTimeout(onBegin, 500)
  for (;;) {
    // Shown out: that is what the relay does with it. It tries to come back.
    await assault(attacker, victim).catch(() => undefined)
    await pause(20)
  }
}

/** An assault of which each stream is one. */
function onStreams(work: (stream: Awaited<ReturnType<Attacker['send']>>, victim: Victim) => Promise<void>): Assault {
  return async (attacker, victim) => {
    const connection = await attacker.connect(victim.addresses)
    await pause(50)
    await Promise.race(
      Array.from({ length: STREAMS }, async () =>
        work(await connection.newStream(syncProtocol(victim.networkId), { maxOutboundStreams: 1000 }), victim),
      ),
    )
  }
}

/** Greets, then asks as fast as answers come. */
async function asking(
  stream: Awaited<ReturnType<Attacker['send']>>,
  victim: Victim,
  next: (answer: Readonly<Record<string, unknown>> | undefined, epoch: string) => Request,
): Promise<void> {
  const { decode } = await import('@ipld/dag-cbor')
  const frames = lpStream(stream, { maxDataLength: 1 << 20 })
  const say = async (request: Request): Promise<Readonly<Record<string, unknown>>> => {
    await frames.write(encodeRequest(request))
    return decode((await frames.read()).subarray())
  }
  const { epoch } = await say({ t: 'hello', v: 1, net: victim.networkId, role: 'peer', clock: 0, epoch: 'attack' })
  for (let answer: Readonly<Record<string, unknown>> | undefined; ; ) answer = await say(next(answer, String(epoch)))
}

/** A batch as an honest peer sends it, with one bit of every signature turned. */
async function forgedBatch(ns: string): Promise<Uint8Array> {
  const { decodeBatch, encodeBatch } = await import('@p2p-docstore/core')
  const replica = await openReplica(openNodeStorage(':memory:'))
  const own = await replica.createNamespace({ name: ns.slice(0, 20), write: 'anyone' })
  for (let i = 0; i < 200; i++) {
    await replica.write(own.id, 'docs', [{ id: `f${i}`, content: `{"_id":"f${i}"}` }])
    await replica.batchSince(own.id, i, { maxBytes: 1 })
  }
  const { batch } = await replica.batchSince(own.id, 0, { maxBytes: 190_000 })
  await replica.close()
  const decoded = batch && decodeBatch(batch)
  if (decoded?.ok !== true) throw new Error('no batch')
  const seals = decoded.value.seals.map((seal) => ({ ...seal, signature: seal.signature.map((byte, at) => (at === 5 ? byte ^ 1 : byte)) }))
  return encodeBatch({ ...decoded.value, seals })
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms))
}
