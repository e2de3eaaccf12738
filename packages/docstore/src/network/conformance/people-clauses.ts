import { createSeed, encodeCbor, identityFromSeed } from '@p2p-docstore/core'
import { decodeFindResponse, encodeFind, findHash, type FindResponse, peopleProtocol } from '../people/index-messages.ts'
import type { Clause } from './clause.ts'
import type { Conversation } from './conversation.ts'
import type { Examination } from './examination.ts'
import { must, NotTried } from './verdicts.ts'

/** A stream of the protocol, and the two peer ids that a question is signed for. */
async function open(examination: Examination): Promise<{ readonly stream: Conversation; readonly asker: string; readonly relay: string }> {
  const { role, protocols, networkId } = examination
  if (role !== 'relay' && !protocols.includes(peopleProtocol(networkId))) throw new NotTried('it does not speak it')
  const { visitor, connection } = await examination.guest()
  const stream = await visitor.open(connection, peopleProtocol(networkId))
  return { stream, asker: visitor.id, relay: connection.remotePeer.toString() }
}

/** What it answers to who has this key and signs that, as it says, this asker asks this relay. */
async function find(stream: Conversation, hash: Uint8Array): Promise<FindResponse> {
  const key = identityFromSeed(createSeed())
  const response = decodeFindResponse(
    await stream.ask(encodeFind({ t: 'find', key: key.author, signature: key.sign('find', hash), from: 0, after: '' })),
  )
  must(response.ok, 'the answer is no response of this protocol')
  return response.value
}

const shown = (response: FindResponse): string => (response.t === 'error' ? `the error ${response.code}` : response.t)

const section = 'people §6'

export const PEOPLE_CLAUSES: readonly Clause[] = [
  {
    id: 'people-none',
    section,
    rule: 'answers who has a recovery key that nobody here has with none, and goes on',
    binds: 'relays',
    look: async (examination) => {
      const { stream, asker, relay } = await open(examination)
      for (let asked = 0; asked < 2; asked++) {
        const response = await find(stream, findHash(examination.networkId, asker, relay))
        must(response.t === 'none', `it answered ${shown(response)}`)
      }
      return 'none, twice'
    },
  },
  {
    id: 'people-signature',
    section,
    rule: 'tells nothing to who cannot sign with the recovery key that he himself asks this relay',
    binds: 'relays',
    look: async (examination) => {
      const { stream, asker, relay } = await open(examination)
      const others = [findHash(examination.networkId, relay, asker), findHash('another', asker, relay), new Uint8Array(32)]
      for (const hash of others) {
        const response = await find(stream, hash)
        must(response.t === 'error' && response.code === 'bad-signature', `it answered ${shown(response)}`)
      }
      return 'bad-signature, for another asker, another network and nothing'
    },
  },
  {
    id: 'people-malformed',
    section,
    rule: 'ends a stream on which something comes that is no question',
    binds: 'relays',
    look: async (examination) => {
      const { stream } = await open(examination)
      const response = decodeFindResponse(await stream.ask(encodeCbor({ t: 'find' })))
      must(response.ok && response.value.t === 'error' && response.value.code === 'malformed', 'it did not answer with the error malformed')
      must((await stream.ending()) !== 'open', 'the stream stayed open')
      return 'malformed, and the stream ended'
    },
  },
]
