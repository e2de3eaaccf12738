import type { Multiaddr } from '@multiformats/multiaddr'
import { type Ledger, type Replica, sha256, type Signed } from '@p2p-docstore/core'
import type { Misconduct } from '../admission/index.ts'
import type { Streams } from '../sync/index.ts'
import { type Asker, serveRequests } from '../sync/index-server.ts'
import { ClaimQuota } from './claim-quota.ts'
import { LOG_PART_BYTES, MAX_ACTS, MAX_NAMES_FRAME_BYTES, MAX_NAMES_OF_PERSON, MAX_NAMES_STREAMS, MAX_TOLD_BYTES } from './limits.ts'
import { decodeNamesRequest, encodeNames, type NamesRequest, type NamesResponse } from './messages.ts'
import type { NameAuthority } from './name-authority.ts'
import type { NameKeeper } from './name-keeper.ts'
import { namesProtocol } from './protocol.ts'

/** What requests cost in the units of the ledger: each name, person, act and statement; and a claim, which anybody can make for a person that they have just made up. */
const REQUEST_UNITS = 1
const ITEM_UNITS = 1 / 4
const CLAIM_UNITS = 256

/** What answering takes. */
export interface NamesServerInit {
  readonly replica: Pick<Replica, 'personLog' | 'learnPerson'>
  readonly keeper: NameKeeper
  /** Where this relay grants names. */
  readonly authority: NameAuthority | undefined
  readonly networkId: string
  readonly misconduct: Misconduct
  readonly ledgerOf: (peer: string) => Ledger
  /** Asks other relays about names of which nothing is known here. */
  readonly onUnknown: (names: readonly string[]) => Promise<void>
}

/** Tells everyone in the network who has which name, takes in what is said of names, and grants them where this is an authority: what a relay does. */
export async function serveNames(libp2p: Streams, init: NamesServerInit): Promise<void> {
  const service = new NamesResponder(init)
  await serveRequests<NamesRequest, NamesResponse>(libp2p, {
    protocol: namesProtocol(init.networkId),
    maxFrameBytes: MAX_NAMES_FRAME_BYTES,
    maxStreams: MAX_NAMES_STREAMS,
    decode: decodeNamesRequest,
    encode: encodeNames,
    answer: (request, asker) => service.answer(request, asker),
    unitsOf,
    misconduct: init.misconduct,
    ledgerOf: init.ledgerOf,
  })
}

/** Answers requests about names. */
class NamesResponder {
  readonly #init: NamesServerInit
  readonly #quota = new ClaimQuota()

  constructor(init: NamesServerInit) {
    this.#init = init
  }

  answer(request: NamesRequest, asker: Asker): Promise<NamesResponse> {
    switch (request.t) {
      case 'about':
        return this.#about(request.names, request.passed)
      case 'of':
        return this.#of(request.persons)
      case 'log':
        return this.#log(request.person, request.from)
      case 'learn':
        return this.#learn(request)
      case 'claim':
        return this.#claim(request.claim, asker.connection.remoteAddr)
      case 'deny':
        return this.#deny(request.claim)
      case 'tell':
        return this.#tell(request.statements, asker)
    }
  }

  async #about(names: readonly string[], passed: boolean): Promise<NamesResponse> {
    const { known } = this.#init.keeper
    if (!passed) {
      const unknown: string[] = []
      for (const name of names) if ((await known.about(name)).length === 0) unknown.push(name)
      if (unknown.length > 0) await this.#init.onUnknown(unknown)
    }
    const statements: Signed[] = []
    let bytes = 0
    for (const [taken, name] of names.entries()) {
      const more = (await known.about(name)).map(({ signed }) => signed)
      bytes += more.reduce((sum, signed) => sum + signed.bytes.length + signed.signature.length, 0)
      if (taken > 0 && bytes > MAX_TOLD_BYTES) return { t: 'about', statements, taken }
      statements.push(...more)
    }
    return { t: 'about', statements, taken: names.length }
  }

  async #of(persons: readonly Uint8Array[]): Promise<NamesResponse> {
    const names: (readonly string[])[] = []
    for (const person of persons) names.push((await this.#init.keeper.known.claimedBy(person)).slice(0, MAX_NAMES_OF_PERSON))
    return { t: 'of', names }
  }

  async #log(person: Uint8Array, from: number): Promise<NamesResponse> {
    // Logs of all others are told to who keeps their namespaces.
    if ((await this.#init.keeper.known.claimedBy(person)).length === 0) return { t: 'none' }
    const log = await this.#init.replica.personLog(person, from, LOG_PART_BYTES)
    if (log?.genesis === undefined) return { t: 'none' }
    const acts = log.acts.slice(0, MAX_ACTS)
    return { t: 'log', genesis: log.genesis, acts, more: log.more || acts.length < log.acts.length }
  }

  async #learn({ genesis, acts }: Extract<NamesRequest, { readonly t: 'learn' }>): Promise<NamesResponse> {
    const { stored } = await this.#init.replica.learnPerson({ log: sha256(genesis), genesis, acts }, { keep: false })
    return { t: 'taken', count: stored }
  }

  async #claim(claim: Signed, address: Multiaddr): Promise<NamesResponse> {
    const { authority } = this.#init
    if (authority === undefined) return NO_AUTHORITY
    if (!this.#quota.allows(address))
      return { t: 'error', code: 'busy', message: 'Too many names were claimed from there within an hour. Try again later' }
    const grant = await authority.claim(claim)
    this.#quota.note(address)
    return { t: 'granted', grant }
  }

  async #deny(claim: Signed): Promise<NamesResponse> {
    const { authority } = this.#init
    return authority === undefined ? NO_AUTHORITY : { t: 'denied', denial: await authority.deny(claim) }
  }

  async #tell(statements: readonly Signed[], { onMisdeed }: Asker): Promise<NamesResponse> {
    const { stored, isForged } = await this.#init.keeper.take(statements)
    if (isForged) onMisdeed('forged-entries')
    return { t: 'taken', count: stored }
  }
}

const NO_AUTHORITY: NamesResponse = { t: 'error', code: 'no-name-authority', message: 'This relay grants no names' }

function unitsOf(request: NamesRequest): number {
  switch (request.t) {
    case 'about':
      return REQUEST_UNITS + request.names.length * ITEM_UNITS
    case 'of':
      return REQUEST_UNITS + request.persons.length * ITEM_UNITS
    case 'log':
      return REQUEST_UNITS
    case 'learn':
      return REQUEST_UNITS + request.acts.length * ITEM_UNITS
    case 'tell':
      return REQUEST_UNITS + request.statements.length * ITEM_UNITS
    case 'claim':
    case 'deny':
      return CLAIM_UNITS
  }
}
