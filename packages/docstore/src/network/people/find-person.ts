import type { Connection } from '@libp2p/interface'
import {
  decodeAct,
  decodePerson,
  DocstoreError,
  equalBytes,
  type Identity,
  identityFromSeed,
  isMadeWith,
  type LogParcel,
  MAX_LOG_ACTS,
  sha256,
  toHex,
} from '@p2p-docstore/core'
import { openExchange } from '../sync/index.ts'
import type { FoundPerson } from '../types.ts'
import { MAX_FOUND_NAMESPACES, MAX_PEOPLE_FRAME_BYTES, MAX_REQUESTS } from './limits.ts'
import { decodeFindResponse, encodeFind, findHash } from './messages.ts'
import { peopleProtocol } from './protocol.ts'

/** What finding takes. */
export interface FindInit {
  readonly networkId: string
  /** Own peer id. */
  readonly self: string
  readonly seed: Uint8Array
  /** Digest of the person who is meant, where several are there. */
  readonly person?: Uint8Array | undefined
}

/** What a relay told of one person. */
interface Told extends Pick<FoundPerson, 'log' | 'namespaces'> {
  /** Geneses of others who name the same recovery key. */
  readonly others: readonly Uint8Array[]
}

/**
 * The person with a recovery key, as connected relays know them: acts and namespaces of all. The hash of such a key is public, so anybody can begin a person who names it: whoever proves by
 * the genesis, or by an act of the key itself, that the key is theirs comes before all others. Throws `several-persons` where nobody proves it and there are several, and what the last relay
 * failed with where none answered.
 */
export async function findPerson(relays: readonly Connection[], init: FindInit, signal: AbortSignal): Promise<FoundPerson | undefined> {
  const asked = await Promise.allSettled(relays.map((relay) => findAt(relay, init, init.person, signal)))
  const told = asked.flatMap((one) => (one.status === 'fulfilled' && one.value !== undefined ? [one.value] : []))
  if (told.length === 0) {
    const failed = asked.find((one) => one.status === 'rejected')
    if (failed !== undefined && asked.every((one) => one.status === 'rejected')) throw failed.reason
    return undefined
  }
  const { person, isProved } = await choose(told, init)
  const all = await Promise.all(
    asked.map(async (one, i): Promise<Told | undefined> => {
      const relay = relays[i]
      const known = one.status === 'fulfilled' ? one.value : undefined
      if (known === undefined || equalBytes(known.log.log, person)) return known
      const isThere = known.others.some((genesis) => equalBytes(sha256(genesis), person))
      // One that ends now has told enough.
      return relay === undefined || !isThere ? undefined : findAt(relay, init, person, signal).catch(() => undefined)
    }),
  )
  const logs = all.filter((one) => one !== undefined)
  // What one relay leaves out another one tells.
  const acts = new Map(logs.flatMap(({ log }) => log.acts).map((act) => [toHex(act.signature), act]))
  const genesis = logs.find(({ log }) => log.genesis !== undefined)?.log.genesis
  if (genesis === undefined) return undefined
  const namespaces = [...new Set(logs.flatMap((one) => one.namespaces))].sort()
  return { log: { log: person, genesis, acts: [...acts.values()] }, namespaces, isProved }
}

/** Whose recovery key it is. */
async function choose(told: readonly Told[], { seed, person }: FindInit): Promise<{ readonly person: Uint8Array; readonly isProved: boolean }> {
  const key = identityFromSeed(seed)
  const geneses = told.flatMap(({ log, others }) => [...(log.genesis === undefined ? [] : [log.genesis]), ...others])
  const persons = new Map(geneses.flatMap((bytes) => readGenesis(bytes)).map((one) => [toHex(one.digest), one]))
  const made = [...persons.values()].find((one) => isMadeWith(seed, one))
  const meant = person ?? made?.digest
  if (meant !== undefined) return { person: meant, isProved: made !== undefined && equalBytes(made.digest, meant) }
  for (const { log } of told) if (await hasSigned(log, key)) return { person: log.log, isProved: true }
  const [first, ...others] = persons.values()
  if (first === undefined) throw new DocstoreError('bad-response', 'What the relay says is no person')
  if (others.length === 0) return { person: first.digest, isProved: false }
  const ids = [...persons.values()].map(({ cid }) => cid.toString())
  throw new DocstoreError(
    'several-persons',
    `Several persons name the recovery key of these words, and only one of them is you: ${ids.slice(0, 8).join(', ')}. Say which: your friends have your id in the list of whom they follow`,
    { details: { persons: ids } },
  )
}

function readGenesis(bytes: Uint8Array) {
  const person = decodePerson(bytes)
  return person.ok ? [person.value] : []
}

/** Whether a key signed something in a log. */
async function hasSigned({ log, acts }: LogParcel, key: Identity): Promise<boolean> {
  for (const { bytes, signature } of acts) {
    // Nothing else is decoded for long: what it did has its key in it.
    if (!includes(bytes, key.author)) continue
    const act = await decodeAct(bytes, signature)
    if (act.ok && equalBytes(act.value.act.by, key.author) && equalBytes(act.value.act.log.multihash.digest, log)) return true
  }
  return false
}

function includes(bytes: Uint8Array, part: Uint8Array): boolean {
  return toHex(bytes).includes(toHex(part))
}

async function findAt(
  relay: Connection,
  { networkId, self, seed }: FindInit,
  person: Uint8Array | undefined,
  signal: AbortSignal,
): Promise<Told | undefined> {
  const key = identityFromSeed(seed)
  const signature = key.sign('find', findHash(networkId, self, relay.remotePeer.toString()))
  const { exchange, close } = await openExchange(relay, peopleProtocol(networkId), signal, { maxFrameBytes: MAX_PEOPLE_FRAME_BYTES })
  signal.addEventListener('abort', close, { once: true })
  try {
    const acts: LogParcel['acts'][number][] = []
    const namespaces: string[] = []
    let first: { readonly genesis: Uint8Array; readonly others: readonly Uint8Array[] } | undefined
    for (let round = 0; round < MAX_REQUESTS; round++) {
      const after = namespaces.at(-1) ?? ''
      // What comes next is of the same person.
      const wanted = first === undefined || first.others.length === 0 ? person : sha256(first.genesis)
      const request = { t: 'find', key: key.author, signature, from: acts.length, after, ...(wanted && { person: wanted }) } as const
      const response = decodeFindResponse(await exchange(encodeFind(request)))
      if (!response.ok) throw new DocstoreError('bad-response', `The relay answered what none of ours does (${response.reason})`)
      if (response.value.t === 'error') throw DocstoreError.passedOn(response.value.code, response.value.message)
      if (response.value.t === 'none') return undefined
      const { genesis, moreActs, moreNamespaces, others = [] } = response.value
      first ??= { genesis, others }
      if (!equalBytes(genesis, first.genesis)) throw new DocstoreError('bad-response', 'The relay told of two persons as if they were one')
      acts.push(...response.value.acts)
      namespaces.push(...response.value.namespaces)
      if (acts.length > MAX_LOG_ACTS || namespaces.length > MAX_FOUND_NAMESPACES) break
      if (!moreActs && !moreNamespaces) return { log: { log: sha256(genesis), genesis, acts }, namespaces, others: first.others }
    }
    throw new DocstoreError('bad-response', 'The relay has no end of what it tells of this person')
  } finally {
    signal.removeEventListener('abort', close)
    close()
  }
}
