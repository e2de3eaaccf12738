import type { Connection } from '@libp2p/interface'
import { DocstoreError, identityFromSeed, type LogParcel, sha256 } from '@p2p-docstore/core'
import { openExchange } from '../sync/index.ts'
import type { FoundPerson } from '../types.ts'
import { MAX_PEOPLE_FRAME_BYTES, MAX_REQUESTS } from './limits.ts'
import { decodeFindResponse, encodeFind, findHash } from './messages.ts'
import { peopleProtocol } from './protocol.ts'

/** What finding takes. */
export interface FindInit {
  readonly networkId: string
  /** Own peer id. */
  readonly self: string
  readonly seed: Uint8Array
}

/**
 * The person with a recovery key, as connected relays know them: the longest log that one has, and the namespaces of all. What they say is not checked here. Throws what
 * the last one failed with where none answered.
 */
export async function findPerson(relays: readonly Connection[], init: FindInit, signal: AbortSignal): Promise<FoundPerson | undefined> {
  const asked = await Promise.allSettled(relays.map((relay) => findAt(relay, init, signal)))
  const found = asked.flatMap((one) => (one.status === 'fulfilled' && one.value !== undefined ? [one.value] : []))
  const [best] = found.toSorted((a, b) => b.log.acts.length - a.log.acts.length)
  if (best !== undefined) return { log: best.log, namespaces: [...new Set(found.flatMap(({ namespaces }) => namespaces))].sort() }
  const failed = asked.find((one) => one.status === 'rejected')
  if (failed !== undefined && asked.every((one) => one.status === 'rejected')) throw failed.reason
  return undefined
}

async function findAt(relay: Connection, { networkId, self, seed }: FindInit, signal: AbortSignal): Promise<FoundPerson | undefined> {
  const key = identityFromSeed(seed)
  const signature = key.sign('find', findHash(networkId, self, relay.remotePeer.toString()))
  const { exchange, close } = await openExchange(relay, peopleProtocol(networkId), signal, { maxFrameBytes: MAX_PEOPLE_FRAME_BYTES })
  signal.addEventListener('abort', close, { once: true })
  try {
    const acts: LogParcel['acts'][number][] = []
    const namespaces: string[] = []
    for (let round = 0; round < MAX_REQUESTS; round++) {
      const after = namespaces.at(-1) ?? ''
      const response = decodeFindResponse(await exchange(encodeFind({ t: 'find', key: key.author, signature, from: acts.length, after })))
      if (!response.ok) throw new DocstoreError('bad-response', `The relay answered what none of ours does (${response.reason})`)
      if (response.value.t === 'error') throw DocstoreError.passedOn(response.value.code, response.value.message)
      if (response.value.t === 'none') return undefined
      const { genesis, moreActs, moreNamespaces } = response.value
      acts.push(...response.value.acts)
      namespaces.push(...response.value.namespaces)
      if (!moreActs && !moreNamespaces) return { log: { log: sha256(genesis), genesis, acts }, namespaces }
    }
    throw new DocstoreError('bad-response', 'The relay has no end of what it tells of this person')
  } finally {
    signal.removeEventListener('abort', close)
    close()
  }
}
