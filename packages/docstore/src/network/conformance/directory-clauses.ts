import { decodeQuestion, decodeReply, encodeCbor, EVERYTHING, questionAbout, SummedTree } from '@p2p-docstore/core'
import { decodeDirectoryResponse, directoryProtocol, type DirectoryResponse, encodeMessage, readEntry } from '../directory/index.ts'
import type { Clause } from './clause.ts'
import { must, NotTried } from './verdicts.ts'
import type { Conversation } from './conversation.ts'
import type { Examination } from './examination.ts'

/** A stream of the directory. */
async function open(examination: Examination): Promise<Conversation> {
  const { protocols, role, networkId } = examination
  if (role !== 'relay' && !protocols.includes(directoryProtocol(networkId))) throw new NotTried('it does not speak it')
  const { visitor, connection } = await examination.guest()
  return visitor.open(connection, directoryProtocol(networkId))
}

function read(frame: Uint8Array): DirectoryResponse {
  const response = decodeDirectoryResponse(frame)
  must(response.ok, 'the answer is no response of this protocol')
  return response.value
}

const describe = (response: DirectoryResponse): string => (response.t === 'error' ? `the error ${response.code}` : response.t)

async function ask<T extends DirectoryResponse['t']>(
  stream: Conversation,
  request: Parameters<typeof encodeMessage>[0],
  t: T,
): Promise<Extract<DirectoryResponse, { t: T }>> {
  const response = read(await stream.ask(encodeMessage(request)))
  must(response.t === t, `${request.t} was answered with ${describe(response)}`)
  return response as Extract<DirectoryResponse, { t: T }>
}

const section = 'directory §2'

export const DIRECTORY_CLAUSES: readonly Clause[] = [
  {
    id: 'directory-ask',
    section,
    rule: 'compares directories, and names itself',
    binds: 'relays',
    look: async (examination) => {
      const stream = await open(examination)
      const question = questionAbout(new SummedTree(), [EVERYTHING])
      const asked = decodeQuestion(question)
      if (!asked.ok) throw new Error(asked.reason)
      const reply = decodeReply((await ask(stream, { t: 'ask', question }, 'reply')).reply, asked.value)
      must(reply.ok, 'the reply breaks its own rules')
      const slots = reply.value.flatMap((range) =>
        range.kind === 'items' ? Array.from({ length: range.items.length / 40 }, (_, i) => range.items.subarray(i * 40, i * 40 + 16)) : [],
      )
      const isCut = reply.value.some(({ kind }) => kind === 'print')
      if (slots.length === 0 && isCut) return 'it lists many peers'
      must(slots.length > 0, 'it lists nobody, not even itself')
      const { entries } = await ask(stream, { t: 'fetch', slots: Uint8Array.from(slots.flatMap((slot) => [...slot])) }, 'entries')
      for (const entry of entries) must((await readEntry(entry, examination.target.network, Date.now())).ok, 'an entry is not valid')
      return `${entries.length} entries, all valid`
    },
  },
  {
    id: 'directory-put',
    section,
    rule: 'keeps nothing that is not signed',
    binds: 'relays',
    look: async (examination) => {
      const { kept } = await ask(
        await open(examination),
        { t: 'put', entries: [{ kind: 'peer', packed: encodeCbor([Uint8Array.of(1), new Uint8Array(64)]) }] },
        'ok',
      )
      must(kept === 0, `it says that it kept ${kept}`)
      return 'kept nothing'
    },
  },
  {
    id: 'directory-find',
    section,
    rule: 'says who keeps a namespace, itself included',
    binds: 'relays',
    look: async (examination) => {
      const stream = await open(examination)
      const ns = examination.notebook?.id
      const { relays } = await ask(stream, { t: 'find', ns: ns ?? examination.networkId }, 'found')
      for (const packed of relays)
        must((await readEntry({ kind: 'peer', packed }, examination.target.network, Date.now())).ok, 'a descriptor is not valid')
      if (ns === undefined) return `${relays.length} relays for a namespace that is not there`
      must(relays.length > 0, 'it keeps the namespace and names nobody')
      return `${relays.length} relays`
    },
  },
  {
    id: 'directory-canonical',
    section,
    rule: 'refuses a frame that is not canonical, and ends the stream',
    binds: 'relays',
    look: async (examination) => {
      const stream = await open(examination)
      const response = read(await stream.ask(Uint8Array.from(Buffer.from('a2687175657374696f6e43010203617463 61736b'.replaceAll(' ', ''), 'hex'))))
      must(response.t === 'error' && response.code === 'malformed', `it was answered with ${describe(response)}`)
      must((await stream.ending()) !== 'open', 'the stream goes on')
      return 'malformed'
    },
  },
  {
    id: 'directory-half-close',
    section,
    rule: 'answers a request behind which the asking side has ended its writing, and ends without a reset',
    binds: 'relays',
    look: async (examination) => {
      const stream = await open(examination)
      await stream.write(encodeMessage({ t: 'find', ns: examination.networkId }))
      await stream.end()
      must(read(await stream.read()).t === 'found', 'the answer is not found')
      const end = await stream.ending()
      must(end === 'ended', `then the stream was ${end}`)
      return 'answered, then ended'
    },
  },
]
