import { encodeCbor, encodeRequest, MAX_FRAME_BYTES, type Network } from '@p2p-docstore/core'
import { syncProtocol } from '../sync/index.ts'
import type { Clause } from './clause.ts'
import { must } from './verdicts.ts'
import type { Examination } from './examination.ts'
import { describe, helloTo, readResponse } from './sync-talk.ts'

const section = 'sync §1'

const hex = (text: string): Uint8Array => Uint8Array.from(Buffer.from(text.replaceAll(' ', ''), 'hex'))

/** Requests in forms that they must not have. */
const BAD_FRAMES: readonly (readonly [id: string, what: string, frame: Uint8Array])[] = [
  ['frame-garbage', 'garbage', Uint8Array.of(0xff, 0, 1, 2, 3)],
  ['frame-list', 'a list', encodeCbor(['list', ''])],
  ['frame-unsorted', 'keys that are not sorted', hex('a2 656166746572 60 6174 646c697374')],
  ['frame-indefinite', 'a map of indefinite length', hex('bf 6174 646c697374 656166746572 60 ff')],
  ['frame-length', 'a length that is not the shortest', hex('b802 6174 646c697374 656166746572 60')],
  ['frame-float', 'an integer as a float', hex('a4 6174 6470756c6c 626e73 6178 6565706f6368 60 6573696e6365 fb3ff0000000000000')],
  ['frame-text', 'text that is not UTF-8', hex('a2 6174 646c697374 656166746572 61ff')],
  ['frame-trailing', 'a byte behind the map', hex('a2 6174 646c697374 656166746572 60 00')],
  ['frame-type', 'an unknown type', encodeCbor({ t: 'erase' })],
  ['frame-field', 'an unknown field', encodeCbor({ t: 'list', after: '', filter: 1 })],
  ['frame-slots', 'half a slot', encodeCbor({ t: 'fetch', ns: 'x', slots: new Uint8Array(17) })],
]

/** What is refused is refused for whoever did it, and on that stream. */
async function stillThere(examination: Examination): Promise<void> {
  await examination.sync()
}

export const SYNC_CLAUSES: readonly Clause[] = [
  {
    id: 'sync-hello',
    section: 'sync §2',
    rule: 'answers hello with its role, its clock and its epoch',
    binds: 'all',
    look: async (examination) => {
      const { visitor, connection } = await examination.guest()
      const stream = await visitor.open(connection, syncProtocol(examination.networkId))
      const response = readResponse(await stream.ask(encodeRequest(helloTo(examination.networkId))))
      must(response.t === 'hello', `it was answered with ${describe(response)}`)
      must(response.net === examination.networkId, 'the answer names another network')
      must(
        examination.role === undefined || response.role === examination.role,
        `it greeted as a ${examination.role}, and is a ${response.role} here`,
      )
      return `epoch ${response.epoch}, can ${response.can?.join(' ') || 'nothing more'}`
    },
  },
  ending('no-hello', 'sync §2', 'refuses a request before hello, and ends the stream', encodeRequest({ t: 'list', after: '' }), ['no-hello']),
  {
    id: 'wrong-network',
    section: 'sync §2',
    rule: 'refuses hello in another network, and ends the stream',
    binds: 'all',
    look: async (examination) => {
      const other = `${examination.networkId.slice(0, -1)}${examination.networkId.endsWith('a') ? 'b' : 'a'}`
      return refused(examination, encodeRequest(helloTo(other)), ['wrong-network'], { isGreeted: false })
    },
  },
  ...BAD_FRAMES.map(([id, what, frame]) => ending(id, section, `refuses ${what} as malformed, and ends the stream`, frame, ['malformed'], true)),
  {
    id: 'frame-size',
    section,
    rule: 'does not wait for, or hold, a frame of more than 262,144 bytes',
    binds: 'all',
    look: async (examination) => {
      const { stream } = await examination.sync()
      // The length of a frame of 262,145 bytes, and the beginning of it.
      stream.send(Uint8Array.from([...varint(MAX_FRAME_BYTES + 1), ...new Uint8Array(1024)]))
      const answer = await stream.read(5000).catch(() => undefined)
      if (answer !== undefined) {
        const response = readResponse(answer)
        must(response.t === 'error' && response.code === 'too-large', `it was answered with ${describe(response)}`)
      }
      const end = await stream.ending(5000)
      must(end !== 'open', 'the stream goes on')
      await stillThere(examination)
      return `the stream was ${end}, and the next peer is served`
    },
  },
  {
    id: 'half-close',
    section,
    rule: 'answers a request behind which the asking side has ended its writing, and ends without a reset',
    binds: 'all',
    look: async (examination) => {
      const { visitor, connection } = await examination.guest()
      const stream = await visitor.open(connection, syncProtocol(examination.networkId))
      await stream.write(encodeRequest(helloTo(examination.networkId)))
      await stream.end()
      must(readResponse(await stream.read()).t === 'hello', 'the answer is not hello')
      const end = await stream.ending()
      must(end !== 'open', 'the other side does not end its own')
      must(end === 'ended', 'the stream was reset')
      return 'answered, then ended'
    },
  },
  {
    id: 'taken-back',
    section,
    rule: 'is not harmed by a stream that is reset',
    binds: 'all',
    look: async (examination) => {
      const { visitor, connection } = await examination.guest()
      const stream = await visitor.open(connection, syncProtocol(examination.networkId))
      await stream.ask(encodeRequest(helloTo(examination.networkId)))
      stream.reset()
      const next = await visitor.open(connection, syncProtocol(examination.networkId))
      must(readResponse(await next.ask(encodeRequest(helloTo(examination.networkId)))).t === 'hello', 'the next stream is not served')
      return 'the next stream is served'
    },
  },
  {
    id: 'list',
    section: 'sync §4',
    rule: 'lists its namespaces in order, 1,000 at most',
    binds: 'all',
    look: async (examination) => {
      const talk = await examination.sync()
      const { ids } = await talk.ask({ t: 'list', after: '' }, 'list')
      must(ids.length <= 1000, `there are ${ids.length}`)
      must(
        ids.every((id, index) => index === 0 || id > (ids[index - 1] ?? '')),
        'they do not rise',
      )
      const last = ids.at(-1)
      if (last !== undefined && ids.length < 1000)
        must((await talk.ask({ t: 'list', after: last }, 'list')).ids.length === 0, 'there are more behind the last')
      return `${ids.length} namespaces`
    },
  },
  {
    id: 'unknown',
    section: 'sync §4',
    rule: 'says that it does not know a namespace that is not there',
    binds: 'all',
    look: async (examination) => {
      const talk = await examination.sync()
      await talk.ask({ t: 'open', ns: idOf(examination.target.network) }, 'unknown')
      return 'unknown'
    },
  },
  {
    id: 'unknown-epoch',
    section: 'sync §8',
    rule: 'refuses a position of another database, and ends the stream',
    binds: 'all',
    look: (examination) =>
      refused(examination, encodeRequest({ t: 'follow', epoch: 'another', wants: [], wait: 0 }), ['unknown-epoch'], { isGreeted: true }),
  },
  {
    id: 'idle',
    section: 'sync §8',
    rule: 'answers a follow without news with idle, when the time that it was told is over',
    binds: 'all',
    look: async (examination) => {
      const talk = await examination.sync()
      const began = performance.now()
      await talk.ask({ t: 'follow', epoch: talk.epoch, wants: [], wait: 300 }, 'idle')
      const ms = Math.round(performance.now() - began)
      must(ms >= 200, `it was answered after ${ms} ms`)
      return `idle after ${ms} ms`
    },
  },
]

/** No namespace has the id of the network. */
function idOf({ id }: Network): string {
  return id
}

/** A request after which the stream has to end, with an error that says why. */
function ending(id: string, of: string, rule: string, frame: Uint8Array, codes: readonly string[], isGreeted = false): Clause {
  return { id, section: of, rule, binds: 'all', look: (examination) => refused(examination, frame, codes, { isGreeted }) }
}

async function refused(
  examination: Examination,
  frame: Uint8Array,
  codes: readonly string[],
  { isGreeted }: { readonly isGreeted: boolean },
): Promise<string> {
  const { visitor, connection } = await examination.guest()
  const stream = await visitor.open(connection, syncProtocol(examination.networkId))
  if (isGreeted) must(readResponse(await stream.ask(encodeRequest(helloTo(examination.networkId)))).t === 'hello', 'hello was not answered')
  const response = readResponse(await stream.ask(frame))
  must(response.t === 'error', `it was answered with ${describe(response)}`)
  must(codes.includes(response.code), `it was refused with ${response.code}`)
  const end = await stream.ending()
  must(end !== 'open', `it was refused with ${response.code}, and the stream goes on`)
  await stillThere(examination)
  return `${response.code}, then the stream was ${end}; the next peer is served`
}

function varint(value: number): number[] {
  return value < 0x80 ? [value] : [(value & 0x7f) | 0x80, ...varint(value >>> 7)]
}
