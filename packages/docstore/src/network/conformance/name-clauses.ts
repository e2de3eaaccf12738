import { createSeed, encodeCbor, identityFromSeed } from '@p2p-docstore/core'
import { claimName, type VerifiedStatement } from '@p2p-docstore/core/people/names'
import { decodeNamesResponse, encodeNames, MAX_NAMES_STREAMS, namesProtocol, type NamesRequest, type NamesResponse } from '../names/index-messages.ts'
import type { Clause } from './clause.ts'
import type { Conversation } from './conversation.ts'
import type { Examination } from './examination.ts'
import { must, NotTried } from './verdicts.ts'

/** A digest that is nobody's, and a name that nobody has: chosen anew each time. */
const nobody = (): Uint8Array => crypto.getRandomValues(new Uint8Array(32))
const nobodysName = (): string => `conformance-${crypto.randomUUID().slice(0, 13)}`

async function open(examination: Examination): Promise<Conversation> {
  const { target, networkId } = examination
  if (target.network.descriptor.names === undefined) throw new NotTried('the network has no usernames')
  const { visitor, connection } = await examination.guest()
  return visitor.open(connection, namesProtocol(networkId))
}

function read(frame: Uint8Array): NamesResponse {
  const response = decodeNamesResponse(frame)
  must(response.ok, 'the answer is no response of this protocol')
  return response.value
}

async function ask(stream: Conversation, request: NamesRequest): Promise<NamesResponse> {
  return read(await stream.ask(encodeNames(request)))
}

/** A claim by a person whom the peer has never heard of. */
function strangersClaim({ target }: Examination): VerifiedStatement {
  const fields = { net: target.network.cid, name: nobodysName(), person: nobody(), at: Date.now(), via: null }
  return claimName(fields, identityFromSeed(createSeed()))
}

const shown = (response: NamesResponse): string => (response.t === 'error' ? `the error ${response.code}` : response.t)
const isError = (response: NamesResponse, ...codes: readonly string[]): boolean => response.t === 'error' && codes.includes(response.code)

const section = 'names §4'

export const NAME_CLAUSES: readonly Clause[] = [
  {
    id: 'names-about',
    section,
    rule: 'tells of a name that nobody claimed that it knows nothing, and goes on',
    binds: 'relays',
    look: async (examination) => {
      const stream = await open(examination)
      for (const passed of [true, false]) {
        const response = await ask(stream, { t: 'about', names: [nobodysName()], passed })
        must(response.t === 'about' && response.statements.length === 0 && response.taken === 1, `it was answered with ${shown(response)}`)
      }
      return 'no statements'
    },
  },
  {
    id: 'names-of',
    section,
    rule: 'tells the names of each person that it was asked about, in their order, and none of who has none',
    binds: 'relays',
    look: async (examination) => {
      const response = await ask(await open(examination), { t: 'of', persons: [nobody(), nobody()] })
      must(
        response.t === 'of' && response.names.length === 2 && response.names.every((names) => names.length === 0),
        `it was answered with ${shown(response)}`,
      )
      return 'none'
    },
  },
  {
    id: 'names-log',
    section,
    rule: 'tells the logs of nobody who claimed no name',
    binds: 'relays',
    look: async (examination) => {
      const response = await ask(await open(examination), { t: 'log', person: nobody(), from: 0 })
      must(response.t === 'none', `it was answered with ${shown(response)}`)
      return 'none'
    },
  },
  {
    id: 'names-claim',
    section,
    rule: 'grants no claim by a person whose devices it does not know, and says by its code why',
    binds: 'relays',
    look: async (examination) => {
      const response = await ask(await open(examination), { t: 'claim', claim: strangersClaim(examination).signed })
      must(isError(response, 'not-allowed', 'no-name-authority', 'busy'), `it was answered with ${shown(response)}`)
      return shown(response)
    },
  },
  {
    id: 'names-deny',
    section,
    rule: 'denies no claim that nobody has granted',
    binds: 'relays',
    look: async (examination) => {
      const response = await ask(await open(examination), { t: 'deny', claim: strangersClaim(examination).signed })
      must(isError(response, 'not-allowed', 'no-name-authority'), `it was answered with ${shown(response)}`)
      return shown(response)
    },
  },
  {
    id: 'names-forged',
    section,
    rule: 'takes a claim for none whose signature is not that of its key, and goes on',
    binds: 'relays',
    look: async (examination) => {
      const stream = await open(examination)
      const claim = { ...strangersClaim(examination).signed, signature: new Uint8Array(64) }
      const response = await ask(stream, { t: 'claim', claim })
      must(isError(response, 'bad-signature', 'no-name-authority', 'busy'), `it was answered with ${shown(response)}`)
      const next = await ask(stream, { t: 'of', persons: [nobody()] })
      must(next.t === 'of', `afterwards it was answered with ${shown(next)}`)
      return shown(response)
    },
  },
  {
    id: 'names-tell',
    section,
    rule: 'keeps no claim that no authority granted',
    binds: 'relays',
    look: async (examination) => {
      const stream = await open(examination)
      const claim = strangersClaim(examination)
      const response = await ask(stream, { t: 'tell', statements: [claim.signed] })
      must(response.t === 'taken' && response.count === 0, `it was answered with ${shown(response)}`)
      const about = await ask(stream, { t: 'about', names: [claim.value.name], passed: true })
      must(about.t === 'about' && about.statements.length === 0, 'it tells it to others')
      return 'taken, none of them'
    },
  },
  {
    id: 'names-malformed',
    section,
    rule: 'refuses what is no request, and ends the stream',
    binds: 'relays',
    look: async (examination) => {
      const stream = await open(examination)
      const response = read(await stream.ask(encodeCbor({ t: 'about', names: ['Zoe'], passed: true })))
      must(isError(response, 'malformed'), `it was answered with ${shown(response)}`)
      must((await stream.ending()) !== 'open', 'the stream goes on')
      return 'malformed'
    },
  },
  {
    id: 'names-streams',
    section,
    rule: `serves ${MAX_NAMES_STREAMS} streams of one connection, and resets further ones`,
    binds: 'advice',
    look: async (examination) => {
      if (examination.target.network.descriptor.names === undefined) throw new NotTried('the network has no usernames')
      const { visitor, connection } = await examination.guest()
      const protocol = namesProtocol(examination.networkId)
      const request = encodeNames({ t: 'of', persons: [nobody()] })
      for (let index = 0; index < MAX_NAMES_STREAMS; index++) {
        const response = read(await (await visitor.open(connection, protocol)).ask(request))
        must(response.t === 'of', `stream ${index + 1} was answered with ${shown(response)}`)
      }
      const further = await visitor.open(connection, protocol).catch(() => undefined)
      if (further !== undefined) {
        await further.write(request).catch(() => undefined)
        must((await further.ending(5000)) === 'reset', 'one stream more is served too')
      }
      return 'one more was reset'
    },
  },
]
