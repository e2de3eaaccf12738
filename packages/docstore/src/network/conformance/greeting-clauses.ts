import { decodeCbor, encodeCbor, encodeRequest, type Verdict, verifyVoucher } from '@p2p-docstore/core'
import { decodeHello, helloProtocol, verifyPacked } from '../admission/index.ts'
import { syncProtocol } from '../sync/index.ts'
import type { Clause } from './clause.ts'
import { must, Unmet } from './verdicts.ts'
import { helloTo, readResponse } from './sync-talk.ts'
import { endOf } from './visitor.ts'

/** How long a connection may outlive its refusal, and one without a greeting the five seconds that it has, milliseconds. */
const REFUSED_MS = 5000
const SILENT_MS = 15_000
/** How long it is watched whether something is held, milliseconds. */
const HELD_MS = 1000

const section = 'network §2.1'

/** A greeting that has to be refused: with one of these codes, or none. */
function refusal(id: string, rule: string, frame: () => Uint8Array, codes: readonly string[]): Clause {
  return {
    id,
    section,
    rule,
    binds: 'all',
    look: async (examination) => {
      const visitor = await examination.visitor()
      const connection = await visitor.connect()
      // Who does not speak the protocol has refused nothing.
      const stream = await visitor.open(connection, helloProtocol(examination.networkId))
      const answer = await stream.ask(frame()).then(
        (bytes) => decodeCbor(bytes, 8192),
        () => undefined,
      )
      const code = errorOf(answer)
      must(answer === undefined || code !== undefined, 'it was let in')
      must(code === undefined || codes.includes(code), `it was refused with ${code}`)
      const ended = await endOf(connection, REFUSED_MS)
      must(ended !== undefined, `it was refused (${code ?? 'no frame'}), and the connection goes on`)
      return code === undefined ? 'the connection ended' : `refused with ${code}, then the connection ended`
    },
  }
}

/** The reason in a refusal. */
function errorOf(answer: Verdict<unknown> | undefined): string | undefined {
  const value = answer?.ok === true ? answer.value : undefined
  const error = typeof value === 'object' && value !== null && 'error' in value ? value.error : undefined
  return typeof error === 'string' ? error : undefined
}

const HELLO = { v: 1, versions: [1], role: 'peer', identity: null, member: null }

export const GREETING_CLAUSES: readonly Clause[] = [
  {
    id: 'connect',
    section: 'network §2',
    rule: 'takes a connection with noise and yamux, or over WebRTC',
    binds: 'all',
    look: async (examination) => {
      const { remoteAddr, encryption, multiplexer } = await (await examination.visitor()).connect()
      return `${remoteAddr.toString()}, ${encryption ?? 'encrypted by the transport'}, ${multiplexer ?? 'multiplexed by the transport'}`
    },
  },
  {
    id: 'greeting',
    section,
    rule: 'answers a greeting with its own, and resets nothing',
    binds: 'all',
    look: async (examination) => {
      const visitor = await examination.visitor()
      const connection = await visitor.connect()
      const { stream, answer } = await visitor.greet(connection)
      const { role, identity } = decodeHello(answer)
      examination.role = role
      if (identity !== null) {
        const voucher = await verifyPacked(identity, (signed) => verifyVoucher(signed, examination.target.network))
        must(voucher?.value.peer === connection.remotePeer.toString(), 'the voucher in the answer is not one for this peer')
      }
      await stream.end()
      const ending = await stream.ending()
      must(ending !== 'reset', 'the stream of the greeting was reset')
      must(ending === 'ended', 'the stream of the greeting is still open')
      return `it is a ${role}${identity === null ? '' : ', with a voucher of who runs it'}`
    },
  },
  refusal(
    'greeting-version',
    'refuses a greeting whose versions it does not speak, by name',
    () => encodeCbor({ ...HELLO, versions: [2147483647] }),
    ['other-version'],
  ),
  refusal('greeting-garbage', 'refuses what is no greeting', () => Uint8Array.of(0xff, 0, 1, 2, 3), ['bad-hello']),
  refusal('greeting-canonical', 'refuses a greeting that is not canonical', () => unsorted(encodeCbor(HELLO)), ['bad-hello']),
  refusal('greeting-size', 'refuses a greeting of more than 8 KiB', () => encodeCbor({ ...HELLO, later: new Uint8Array(9000) }), ['bad-hello']),
  {
    id: 'greeting-fields',
    section,
    rule: 'lets in who greets with later versions and fields besides',
    binds: 'all',
    look: async (examination) => {
      const visitor = await examination.visitor()
      const decoded = decodeCbor(visitor.hello(), 8192)
      if (!decoded.ok) throw new Error(decoded.reason)
      const { answer } = await visitor.greet(
        await visitor.connect(),
        encodeCbor({ ...(decoded.value as object), versions: [1, 9], later: { a: [1] } }),
      )
      decodeHello(answer)
      return 'it was let in'
    },
  },
  {
    id: 'held-streams',
    section,
    rule: 'holds a stream that was opened before the greeting, and answers it after',
    binds: 'all',
    look: async (examination) => {
      const visitor = await examination.visitor()
      const connection = await visitor.connect()
      const early = await visitor.open(connection, syncProtocol(examination.networkId))
      await early.write(encodeRequest(helloTo(examination.networkId)))
      const answer = early.read(2 * HELD_MS + 10_000)
      const first = await Promise.race([answer.then(() => 'answered'), new Promise<string>((resolve) => setTimeout(resolve, HELD_MS, 'held'))])
      must(first === 'held', 'it was answered before the greeting')
      await visitor.greet(connection)
      must(readResponse(await answer).t === 'hello', 'what had waited was not answered with hello')
      return 'held for a second, and answered after the greeting'
    },
  },
  {
    id: 'stranger',
    section,
    rule: 'ends a connection at once whose other side does not speak identify in the name of the network',
    binds: 'all',
    look: async (examination) => {
      const visitor = await examination.visitor({ isStranger: true })
      const ended = await endOf(await visitor.connect(), SILENT_MS)
      must(ended !== undefined, 'the connection goes on')
      must(ended < 4500, `the connection ended after ${ended} ms only`)
      return `ended after ${ended} ms`
    },
  },
  {
    id: 'silence',
    section,
    rule: 'ends a connection without a greeting after five seconds',
    binds: 'all',
    look: async (examination) => {
      const visitor = await examination.visitor()
      const ended = await endOf(await visitor.connect(), SILENT_MS)
      if (ended === undefined) throw new Unmet(`the connection goes on after ${SILENT_MS / 1000} s`)
      return `ended after ${ended} ms`
    },
  },
]

/** The same map with its first entry last: `{ v: 1 }` comes first in each greeting. */
function unsorted(map: Uint8Array): Uint8Array {
  return Uint8Array.from([map[0] ?? 0, ...map.subarray(4), ...map.subarray(1, 4)])
}
