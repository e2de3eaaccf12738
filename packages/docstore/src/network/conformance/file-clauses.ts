import { encodeCbor } from '@p2p-docstore/core'
import { filesProtocol } from '../files/index.ts'
import { decodeFileResponse, encodeFileMessage, type FileRequest, type FileResponse } from '../files/index-messages.ts'
import type { Clause } from './clause.ts'
import type { Conversation } from './conversation.ts'
import type { Examination } from './examination.ts'
import { must, NotTried } from './verdicts.ts'

/** CID of a piece that nobody has: its digest is chosen, not computed. */
const NOBODYS = `bafkrei${'a'.repeat(52)}`

async function open(examination: Examination): Promise<Conversation> {
  const { protocols, networkId } = examination
  if (!protocols.includes(filesProtocol(networkId))) throw new NotTried('it does not speak it')
  const { visitor, connection } = await examination.guest()
  return visitor.open(connection, filesProtocol(networkId))
}

function read(frame: Uint8Array): FileResponse {
  const response = decodeFileResponse(frame)
  must(response.ok, 'the answer is no response of this protocol')
  return response.value
}

async function ask(stream: Conversation, request: FileRequest): Promise<FileResponse> {
  return read(await stream.ask(encodeFileMessage(request)))
}

const shown = (response: FileResponse): string => (response.t === 'error' ? `the error ${response.code}` : response.t)

const section = 'files §3'

export const FILE_CLAUSES: readonly Clause[] = [
  {
    id: 'files-none',
    section,
    rule: 'answers a block that it does not have with none, and goes on',
    binds: 'all',
    look: async (examination) => {
      const stream = await open(examination)
      for (let i = 0; i < 2; i++) {
        const response = await ask(stream, { t: 'block', cid: NOBODYS })
        must(response.t === 'none', `it was answered with ${shown(response)}`)
      }
      return 'none'
    },
  },
  {
    id: 'files-whole',
    section,
    rule: 'does not say that it has a file of which it knows nothing, and says so in time',
    binds: 'all',
    look: async (examination) => {
      const request: FileRequest = { t: 'whole', ns: examination.networkId, cid: NOBODYS, size: 1, wait: 100 }
      const response = await ask(await open(examination), request)
      must(response.t === 'whole' && !response.whole, `it was answered with ${shown(response)}`)
      return 'not whole'
    },
  },
  {
    id: 'files-malformed',
    section,
    rule: 'refuses what is no request, and ends the stream',
    binds: 'all',
    look: async (examination) => {
      const stream = await open(examination)
      const response = read(await stream.ask(encodeCbor({ t: 'block', cid: 'none' })))
      must(response.t === 'error' && response.code === 'malformed', `it was answered with ${shown(response)}`)
      must((await stream.ending()) !== 'open', 'the stream goes on')
      return 'malformed'
    },
  },
]
