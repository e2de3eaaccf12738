import { cidOfBytes, DAG_JSON, encodeCbor } from '@p2p-docstore/core'
import { type ContentResponse, contentProtocol, decodeContentResponse, encodeContent } from '../content/index-messages.ts'
import type { Clause } from './clause.ts'
import type { Conversation } from './conversation.ts'
import type { Examination } from './examination.ts'
import { must, NotTried } from './verdicts.ts'

/** CIDs of what nobody has: a document that was made up for this, and a piece whose digest is chosen, not computed. */
const NOBODYS = [cidOfBytes(DAG_JSON, '{"_id":"of nobody"}').toString(), `bafkrei${'a'.repeat(52)}`]

async function open(examination: Examination): Promise<Conversation> {
  const { protocols, networkId } = examination
  if (!protocols.includes(contentProtocol(networkId))) throw new NotTried('it does not speak it')
  const { visitor, connection } = await examination.guest()
  return visitor.open(connection, contentProtocol(networkId))
}

function read(frame: Uint8Array): ContentResponse {
  const response = decodeContentResponse(frame)
  must(response.ok, 'the answer is no response of this protocol')
  return response.value
}

const shown = (response: ContentResponse): string => (response.t === 'error' ? `the error ${response.code}` : response.t)

const section = 'content §2'

export const CONTENT_CLAUSES: readonly Clause[] = [
  {
    id: 'content-none',
    section,
    rule: 'answers content that nobody has with none, in time, and goes on',
    binds: 'relays',
    look: async (examination) => {
      const stream = await open(examination)
      for (const cid of NOBODYS)
        for (const passed of [true, false]) {
          const response = read(await stream.ask(encodeContent({ t: 'content', cid, passed })))
          // It may be asking for others as much as it does.
          must(response.t === 'none' || (!passed && response.t === 'error' && response.code === 'busy'), `it was answered with ${shown(response)}`)
        }
      return 'none, of a document and of a piece'
    },
  },
  {
    id: 'content-malformed',
    section,
    rule: 'refuses what is no request, and ends the stream',
    binds: 'relays',
    look: async (examination) => {
      const stream = await open(examination)
      const response = read(await stream.ask(encodeCbor({ t: 'content', cid: examination.networkId, passed: false })))
      must(response.t === 'error' && response.code === 'malformed', `it was answered with ${shown(response)}`)
      must((await stream.ending()) !== 'open', 'the stream goes on')
      return 'malformed'
    },
  },
]
