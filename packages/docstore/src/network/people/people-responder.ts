import { equalBytes, type Ledger, type Replica, sha256, verifySignature } from '@p2p-docstore/core'
import type { Misconduct } from '../admission/index.ts'
import type { Streams } from '../sync/index.ts'
import { serveRequests } from '../sync/index-server.ts'
import { ACTS_BYTES, MAX_ACTS, MAX_IDS, MAX_OTHERS, MAX_PEOPLE_FRAME_BYTES, MAX_PEOPLE_STREAMS } from './limits.ts'
import { decodeFindRequest, encodeFind, findHash, type FindRequest, type FindResponse } from './messages.ts'
import { peopleProtocol } from './protocol.ts'

/** What a request costs in the units of the ledger. */
const REQUEST_UNITS = 4

/** What answering takes. */
export interface PeopleServerInit {
  readonly replica: Pick<Replica, 'personsByRecovery' | 'personLog' | 'namespacesOf'>
  readonly networkId: string
  readonly misconduct: Misconduct
  readonly ledgerOf: (peer: string) => Ledger
  /** Own peer id. */
  readonly self: string
}

/** Tells who comes back with a recovery key who they are: what a relay does. */
export async function servePeople(libp2p: Streams, init: PeopleServerInit): Promise<void> {
  await serveRequests<FindRequest, FindResponse>(libp2p, {
    protocol: peopleProtocol(init.networkId),
    maxFrameBytes: MAX_PEOPLE_FRAME_BYTES,
    maxStreams: MAX_PEOPLE_STREAMS,
    decode: decodeFindRequest,
    encode: encodeFind,
    answer: (request, { peer }) => find(request, peer, init),
    unitsOf: () => REQUEST_UNITS,
    misconduct: init.misconduct,
    ledgerOf: init.ledgerOf,
  })
}

async function find(
  { key, signature, from, after, person: wanted }: FindRequest,
  peer: string,
  { replica, networkId, self }: PeopleServerInit,
): Promise<FindResponse> {
  if (!(await verifySignature(key, 'find', findHash(networkId, peer, self), signature)))
    return { t: 'error', code: 'bad-signature', message: 'The recovery key has not signed this question' }
  const persons = await replica.personsByRecovery(sha256(key))
  const person = wanted === undefined ? persons[0] : persons.find((one) => equalBytes(one, wanted))
  const log = person && (await replica.personLog(person, from, ACTS_BYTES))
  if (person === undefined || log?.genesis === undefined) return { t: 'none' }
  const ids = await replica.namespacesOf(person, after, MAX_IDS + 1)
  const acts = log.acts.slice(0, MAX_ACTS)
  // Once is enough: whoever asks on has chosen.
  const others = wanted === undefined && from === 0 && after === '' ? await genesesOf(persons.slice(1, 1 + MAX_OTHERS), replica) : []
  return {
    t: 'person',
    genesis: log.genesis,
    acts,
    moreActs: log.more || acts.length < log.acts.length,
    namespaces: ids.slice(0, MAX_IDS),
    moreNamespaces: ids.length > MAX_IDS,
    ...(others.length > 0 && { others }),
  }
}

async function genesesOf(persons: readonly Uint8Array[], replica: Pick<Replica, 'personLog'>): Promise<readonly Uint8Array[]> {
  const geneses: Uint8Array[] = []
  for (const person of persons) {
    const { genesis } = (await replica.personLog(person, 0, 0)) ?? {}
    if (genesis !== undefined) geneses.push(genesis)
  }
  return geneses
}
