import { kademliaProtocol } from '../finding/index.ts'
import type { Clause } from './clause.ts'
import { must, NotTried } from './verdicts.ts'
import type { Conversation } from './conversation.ts'
import type { Examination } from './examination.ts'

/** Messages of Kademlia, protobuf: the type in field 1, a key in field 2. */
const PING = Uint8Array.of(0x08, 0x05)
const KEY = new TextEncoder().encode('/v/conformance')
const PUT_VALUE = Uint8Array.of(0x08, 0x00, 0x12, KEY.length, ...KEY)
const GET_VALUE = Uint8Array.of(0x08, 0x01, 0x12, KEY.length, ...KEY)

async function open(examination: Examination): Promise<Conversation> {
  const name = kademliaProtocol(examination.networkId)
  if (examination.role !== 'relay' && !examination.protocols.includes(name)) throw new NotTried('it is no relay')
  const { visitor, connection } = await examination.guest()
  return visitor.open(connection, name)
}

function withoutValues(id: string, what: string, message: Uint8Array): Clause {
  return {
    id,
    section: 'network §6',
    rule: `refuses ${what}`,
    binds: 'relays',
    look: async (examination) => {
      const stream = await open(examination)
      await stream.write(message)
      const answer = await stream.read(5000).catch(() => undefined)
      must(answer === undefined, 'it was answered')
      must((await stream.ending(5000)) === 'reset', 'the stream goes on')
      return 'the stream was reset'
    },
  }
}

export const KADEMLIA_CLAUSES: readonly Clause[] = [
  {
    id: 'kademlia-ping',
    section: 'network §6',
    rule: 'answers PING of Kademlia',
    binds: 'relays',
    look: async (examination) => {
      const answer = await (await open(examination)).ask(PING)
      must(answer[0] === 0x08 && answer[1] === 0x05, 'the answer is no PING')
      return 'answered'
    },
  },
  withoutValues('kademlia-put', 'PUT_VALUE', PUT_VALUE),
  withoutValues('kademlia-get', 'GET_VALUE', GET_VALUE),
]
