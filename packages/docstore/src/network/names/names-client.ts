import type { Connection } from '@libp2p/interface'
import { DocstoreError, equalBytes, errorCode, type Network, type Replica, sha256, type Signed } from '@p2p-docstore/core'
import { readVerified } from '@p2p-docstore/core/people/names'
import type { Misdeed } from '../admission/index.ts'
import { openExchange } from '../sync/index.ts'
import { personsOf } from './acts-for.ts'
import { LOG_PART_BYTES, MAX_ACTS, MAX_ASKED, MAX_ASKED_LOGS, MAX_LOG_PARTS, MAX_NAMES_FRAME_BYTES } from './limits.ts'
import { decodeNamesResponse, encodeNames, type NamesRequest, type NamesResponse } from './messages.ts'
import type { NameKeeper } from './name-keeper.ts'
import { namesProtocol } from './protocol.ts'

/** What talking about names takes. */
export interface NamesClientInit {
  readonly replica: Pick<Replica, 'personLog' | 'learnPerson'>
  readonly network: Network
  readonly keeper: NameKeeper
  /** Called with what no honest peer sends. */
  readonly onMisdeed: (peer: string, misdeed: Misdeed) => void
}

/** What an authority says to a claim: its grant, or why there is none. */
export type ClaimAnswer = { readonly grant: Signed } | { readonly code: string; readonly message: string }

type Responses = { readonly [T in NamesResponse['t']]: Extract<NamesResponse, { readonly t: T }> }

/** Questions about names to one relay, over one stream. */
export class NamesClient {
  readonly #init: NamesClientInit
  readonly #exchange: (frame: Uint8Array) => Promise<Uint8Array>

  private constructor(init: NamesClientInit, exchange: (frame: Uint8Array) => Promise<Uint8Array>) {
    this.#init = init
    this.#exchange = exchange
  }

  /** Does something with a relay; what it throws is passed on. Throws also what `openExchange` does. */
  static async with<T>(relay: Connection, init: NamesClientInit, signal: AbortSignal, work: (client: NamesClient) => Promise<T>): Promise<T> {
    const options = { maxFrameBytes: MAX_NAMES_FRAME_BYTES }
    const { exchange, close } = await openExchange(relay, namesProtocol(init.network.id), signal, options)
    signal.addEventListener('abort', close, { once: true })
    try {
      return await work(new NamesClient(init, exchange))
    } catch (error) {
      if (errorCode(error) === 'bad-response') init.onMisdeed(relay.remotePeer.toString(), 'forged-entries')
      throw error
    } finally {
      signal.removeEventListener('abort', close)
      close()
    }
  }

  /** What the relay knows of names, checked and kept, with the logs by which it is judged. */
  async about(names: readonly string[], { passed = false }: { readonly passed?: boolean } = {}): Promise<void> {
    for (let left = names; left.length > 0; ) {
      const { statements, taken } = await this.#ask({ t: 'about', names: left.slice(0, MAX_ASKED), passed }, 'about')
      const asked = left.slice(0, taken)
      const read = statements.flatMap((signed) => {
        const verdict = readVerified(signed, this.#init.network)
        return verdict.ok ? [verdict.value] : []
      })
      if (read.length < statements.length || read.some(({ value }) => !asked.includes(value.name))) throw forged()
      for (const person of personsOf(read).slice(0, MAX_ASKED_LOGS)) await this.#fetchLog(person)
      if ((await this.#init.keeper.take(statements)).isForged) throw forged()
      left = left.slice(taken)
    }
  }

  /** Names that these persons claimed, and all about them. */
  async of(persons: readonly Uint8Array[]): Promise<readonly string[]> {
    const { names } = await this.#ask({ t: 'of', persons: persons.slice(0, MAX_ASKED) }, 'of')
    const all = [...new Set(names.flat())]
    await this.about(all)
    return all
  }

  /** A relay that knows more of a person, such as a device that was revoked, tells it; what is here already costs a few bytes. */
  async #fetchLog(person: Uint8Array): Promise<void> {
    for (let [from, part] = [0, 0]; part < MAX_LOG_PARTS; part++) {
      const response = await this.#ask({ t: 'log', person, from }, 'log', 'none')
      if (response.t === 'none') return
      const { genesis, acts, more } = response
      if (part === 0 && !equalBytes(sha256(genesis), person)) throw forged()
      await this.#init.replica.learnPerson({ log: person, genesis, acts }, { keep: false })
      from += acts.length
      if (!more || acts.length === 0) return
    }
  }

  /** Brings the logs of persons, as far as they are here, and then statements; resolves with how many were new to the relay. */
  async tell(persons: readonly Uint8Array[], statements: readonly Signed[]): Promise<number> {
    for (const person of persons) await this.#bringLog(person)
    return statements.length === 0 ? 0 : (await this.#ask({ t: 'tell', statements }, 'taken')).count
  }

  async #bringLog(person: Uint8Array): Promise<void> {
    for (let [from, part] = [0, 0]; part < MAX_LOG_PARTS; part++) {
      const log = await this.#init.replica.personLog(person, from, LOG_PART_BYTES)
      if (log?.genesis === undefined) return
      const acts = log.acts.slice(0, MAX_ACTS)
      await this.#ask({ t: 'learn', genesis: log.genesis, acts }, 'taken')
      from += acts.length
      if (from === 0 || (!log.more && acts.length === log.acts.length)) return
    }
  }

  /** Asks an authority to grant a claim by a person, whose log it gets before. */
  async claim(person: Uint8Array, claim: Signed): Promise<ClaimAnswer> {
    await this.#bringLog(person)
    const response = await this.#request({ t: 'claim', claim })
    if (response.t === 'error') return { code: response.code, message: response.message }
    if (response.t !== 'granted') throw forged()
    return { grant: response.grant }
  }

  /** Asks an authority never to grant a claim; nothing where it does not say so. */
  async deny(claim: Signed): Promise<Signed | undefined> {
    const response = await this.#request({ t: 'deny', claim })
    if (response.t === 'error') return undefined
    if (response.t !== 'denied') throw forged()
    return response.denial
  }

  async #ask<T extends NamesResponse['t']>(request: NamesRequest, ...expected: readonly T[]): Promise<Responses[T]> {
    const response = await this.#request(request)
    if (response.t === 'error') throw DocstoreError.passedOn(response.code, response.message)
    if (!isOneOf(response, expected)) throw forged()
    return response
  }

  async #request(request: NamesRequest): Promise<NamesResponse> {
    const response = decodeNamesResponse(await this.#exchange(encodeNames(request)))
    if (!response.ok) throw forged()
    return response.value
  }
}

function isOneOf<T extends NamesResponse['t']>(response: NamesResponse, expected: readonly T[]): response is Responses[T] {
  return expected.some((t) => t === response.t)
}

function forged(): DocstoreError {
  return new DocstoreError('bad-response', 'The relay tells of names what none of ours does')
}
