import type { Connection, Stream } from '@libp2p/interface'
import { DocstoreError } from '@p2p-docstore/core'
import {
  decodePairingRequest,
  encodePairing,
  type HandedOver,
  type HostState,
  MAX_MESSAGE_BYTES,
  type NewDevice,
  PairingHost,
} from '@p2p-docstore/core/people/pairing'
import { type Answerer, answerStream } from '../../network/sync/index.ts'
import { delay } from '../../network/timing/index.ts'
import type { DocstoreLibp2p } from '../../network/transport/index.ts'
import { formatPairingText, MAX_ADDRESSES } from './pairing-link.ts'
import { MAX_STREAMS, pairingProtocol, POLL_MS } from './pairing-protocol.ts'

/** What a link that adds a device is made of. */
export interface DeviceOfferInit {
  readonly libp2p: DocstoreLibp2p
  readonly networkId: string
  /** Digest of the person's id. */
  readonly person: Uint8Array
  /** Multikey of this device. */
  readonly key: Uint8Array
  /** Join text of the network, where a relay is known. */
  readonly join?: string | undefined
  /** Makes the key a device of the person: signs the act, keeps it, and gives the genesis and the log with that act in it. */
  readonly add: (device: NewDevice) => Promise<HandedOver>
  /** Wall clock, Unix milliseconds. */
  readonly now?: () => number
}

/** A link by which one other device becomes one of a person's, while it is open: ten minutes at most. */
export class DeviceOffer {
  /** What the new device takes: one opaque text. */
  readonly link: string
  readonly #init: DeviceOfferInit
  readonly #host: PairingHost
  readonly #now: () => number
  readonly #ended = new AbortController()
  readonly #listeners = new Set<() => void>()
  readonly #timer: ReturnType<typeof setTimeout>

  private constructor(init: DeviceOfferInit) {
    const { libp2p, person, key, join, now = Date.now } = init
    this.#init = init
    this.#now = now
    const peer = libp2p.peerId.toString()
    this.#host = new PairingHost({ person, key, peer, now: now() })
    const addresses = libp2p.getMultiaddrs().map((address) => address.toString())
    // Through a relay it is found by way of those that both know.
    const direct = addresses.filter((address) => !address.includes('/p2p-circuit')).slice(0, MAX_ADDRESSES)
    this.link = formatPairingText({ session: this.#host.session, peer, addresses: direct, expires: this.#host.expires, join })
    this.#timer = setTimeout(() => this.#changed(), this.#host.expires - now())
  }

  /** Opens a link and answers whoever comes with it. Throws where one is open already. */
  static async open(init: DeviceOfferInit): Promise<DeviceOffer> {
    const offer = new DeviceOffer(init)
    try {
      await init.libp2p.handle(pairingProtocol(init.networkId), (stream, connection) => offer.#answer(stream, connection), {
        maxInboundStreams: MAX_STREAMS,
        // A browser is reached through its place at a relay.
        runOnLimitedConnection: true,
      })
      return offer
    } catch (error) {
      clearTimeout(offer.#timer)
      throw error
    }
  }

  get state(): HostState {
    return this.#host.state(this.#now())
  }

  /** Resolves with the device that waits for its code to be compared. Throws `pairing-ended`, and the reason of the signal. */
  async compared(signal?: AbortSignal): Promise<NewDevice> {
    const found = await this.#until(
      (state) => (state.state === 'comparing' ? state.device : state.state === 'ended' ? state : undefined),
      signal === undefined ? this.#ended.signal : AbortSignal.any([signal, this.#ended.signal]),
    )
    if ('key' in found) return found
    throw new DocstoreError('pairing-ended', 'The link has expired, was ended or was tried too often. Make another one')
  }

  /**
   * Adds the device whose code was typed here, and gives it what it needs when it asks next. Throws `wrong-check-code`, after which the link can be used again, three
   * times in all; `pairing-ended`; and whatever adding it throws, after which it ends.
   */
  async confirm(typed: string): Promise<NewDevice> {
    try {
      const device = this.#host.confirm(typed, this.#now())
      try {
        this.#host.grant(await this.#init.add(device), this.#now())
      } catch (error) {
        this.#host.refuse()
        throw error
      }
      return device
    } finally {
      this.#changed()
    }
  }

  /** Resolves when the new device has fetched all that it was given, or will not any more. */
  async delivered(signal: AbortSignal): Promise<boolean> {
    return (await this.#until((state) => (this.#isFetched ? 'fetched' : state.state === 'ended' ? 'ended' : undefined), signal)) === 'fetched'
  }

  #isFetched = false

  /** Ends the link, and answers nobody any more. */
  async close(): Promise<void> {
    if (this.#ended.signal.aborted) return
    this.#host.refuse()
    this.#changed()
    clearTimeout(this.#timer)
    this.#ended.abort(new DocstoreError('pairing-ended', 'The link was ended'))
    await this.#init.libp2p.unhandle(pairingProtocol(this.#init.networkId))
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }

  async #answer(stream: Stream, connection: Connection): Promise<void> {
    const peer = connection.remotePeer.toString()
    const { misconduct } = this.#init.libp2p.services.doorkeeper
    const responder: Answerer = {
      respond: async (frame, signal) => {
        const request = decodePairingRequest(frame)
        if (!request.ok) {
          misconduct.note(peer, 'malformed')
          return { frame: encodePairing({ t: 'error', code: request.reason, message: 'The request cannot be read' }), isLast: true }
        }
        let answer = await this.#host.answer(request.value, peer, this.#now())
        if (request.value.t === 'wait' && answer.t === 'waiting') {
          await this.#nextChange(signal)
          answer = await this.#host.answer(request.value, peer, this.#now())
        }
        if (answer.t === 'rest' && !answer.isMore) this.#isFetched = true
        this.#changed()
        return { frame: encodePairing(answer), isLast: false }
      },
    }
    await answerStream(stream, responder, (misdeed) => misconduct.note(peer, misdeed), { maxFrameBytes: MAX_MESSAGE_BYTES })
  }

  /** Waits until something changed, but no longer than the other side's patience. */
  async #nextChange(signal: AbortSignal): Promise<void> {
    const changed = new AbortController()
    const listener = (): void => changed.abort()
    this.#listeners.add(listener)
    await delay(POLL_MS, AbortSignal.any([signal, changed.signal, this.#ended.signal]))
    this.#listeners.delete(listener)
  }

  async #until<T>(look: (state: HostState) => T | undefined, signal: AbortSignal): Promise<T> {
    for (;;) {
      const found = look(this.state)
      if (found !== undefined) return found
      signal.throwIfAborted()
      await this.#nextChange(signal)
    }
  }

  #changed(): void {
    for (const listener of this.#listeners) listener()
  }
}
