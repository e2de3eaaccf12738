import type { Connection } from '@libp2p/interface'
import { peerIdFromString } from '@libp2p/peer-id'
import { type Multiaddr, multiaddr } from '@multiformats/multiaddr'
import { DocstoreError, errorCode, type Exchange, type Identity } from '@p2p-docstore/core'
import {
  type AskHost,
  type Compared,
  decodePairingResponse,
  encodePairing,
  type HandedOver,
  MAX_MESSAGE_BYTES,
  PairingGuest,
  type PairingRequest,
  type PairingResponse,
} from '@p2p-docstore/core/people/pairing'
import { openExchange } from '../../network/sync/index.ts'
import { Backoff, delay } from '../../network/timing/index.ts'
import type { DocstoreLibp2p } from '../../network/transport/index.ts'
import type { PairingLink } from './pairing-link.ts'
import { pairingProtocol, POLL_MS } from './pairing-protocol.ts'

/** How long one attempt to reach the other device may take, milliseconds. */
const DIAL_TIMEOUT_MS = 10_000
/** How long one answer may take, milliseconds. */
const LONGEST_ANSWER_MS = 60_000
/** Errors of a line that may be another one the next time. */
const LINE_ERRORS: ReadonlySet<string> = new Set(['connection-lost', 'no-answer'])

/** What joining takes. */
export interface JoinAsDeviceInit {
  readonly libp2p: DocstoreLibp2p
  readonly networkId: string
  readonly link: PairingLink
  /** The key of this device. */
  readonly device: Identity
  /** What it is called. */
  readonly label: string
  /** Called with the code that is to be shown here, and to be typed on the other device. */
  readonly onCode: (compared: Compared) => void
  readonly signal: AbortSignal
  /** How long the other device may be out of reach in one go, milliseconds; without it as long as the link is good. */
  readonly timeoutMs?: number | undefined
  /** Wall clock, Unix milliseconds. */
  readonly now?: () => number
}

/**
 * Becomes a device of the person who made the link: resolves with their genesis and log, once the code was typed on the other device. The connection may break
 * meanwhile, as those through a relay do after two minutes. Throws `pairing-ended`, `pairing-taken`, `wrong-check-code`, `device-unreachable` when that was out of reach for
 * `timeoutMs`, or when the link's time is over, `bad-label`, `bad-response`, and the reason of the signal.
 */
export async function joinAsDevice(init: JoinAsDeviceInit): Promise<HandedOver> {
  const { libp2p, link, device, label, onCode, signal } = init
  const guest = new PairingGuest({ session: link.session, hostPeer: link.peer, device, peer: libp2p.peerId.toString(), label })
  const line = new HostLine(init)
  try {
    // Said again over another line, a beginning would be another one; it takes little time.
    const compared = await guest.reveal(line.ask)
    onCode(compared)
    for (;;) {
      signal.throwIfAborted()
      const granted = await guest.granted(line.ask, compared)
      if (granted !== undefined) return await guest.fetch(line.ask, granted)
    }
  } finally {
    line.close()
  }
}

/** A line to the other device that is made anew where it breaks. */
class HostLine {
  readonly #init: JoinAsDeviceInit
  readonly #now: () => number
  #exchange: Exchange | undefined

  constructor(init: JoinAsDeviceInit) {
    this.#init = init
    this.#now = init.now ?? Date.now
  }

  readonly ask: AskHost = async (request) => {
    const backoff = new Backoff()
    const { signal, link, timeoutMs = Number.POSITIVE_INFINITY } = this.#init
    const begun = performance.now()
    for (;;) {
      signal.throwIfAborted()
      try {
        return await this.#askOnce(request)
      } catch (error) {
        this.close()
        // It is there, and its link is not.
        if (errorCode(error) === 'unsupported-protocol')
          throw new DocstoreError('pairing-ended', 'The other device has no link open any more. Make another one there', { cause: error })
        if (!LINE_ERRORS.has(errorCode(error))) throw error
        if (this.#now() >= link.expires || performance.now() - begun >= timeoutMs)
          throw new DocstoreError(
            'device-unreachable',
            'The other device cannot be reached. Is its page or program open, and are both connected to the network?',
            {
              cause: error,
            },
          )
        await delay(Math.min(backoff.fail(), begun + timeoutMs - performance.now()), signal)
      }
    }
  }

  close(): void {
    this.#exchange?.close()
    this.#exchange = undefined
  }

  async #askOnce(request: PairingRequest): Promise<PairingResponse> {
    const { signal, timeoutMs = Number.POSITIVE_INFINITY } = this.#init
    const exchange = (this.#exchange ??= await this.#open())
    const close = (): void => exchange.close()
    // The other side may keep a question for a while; a line that died without a word must not outlast the patience here.
    const late = setTimeout(close, Math.min(Math.max(timeoutMs, 2 * POLL_MS), LONGEST_ANSWER_MS))
    signal.addEventListener('abort', close, { once: true })
    try {
      return this.#read(await exchange.exchange(encodePairing(request)))
    } finally {
      clearTimeout(late)
      signal.removeEventListener('abort', close)
    }
  }

  #read(bytes: Uint8Array): PairingResponse {
    const answer = decodePairingResponse(bytes)
    if (!answer.ok) throw new DocstoreError('bad-response', `The other device answered what no device of ours does (${answer.reason})`)
    return answer.value
  }

  async #open(): Promise<Exchange> {
    const { networkId, signal, timeoutMs = DIAL_TIMEOUT_MS } = this.#init
    const connection = await this.#connection(AbortSignal.any([signal, AbortSignal.timeout(Math.min(timeoutMs, DIAL_TIMEOUT_MS))]))
    return openExchange(connection, pairingProtocol(networkId), signal, { maxFrameBytes: MAX_MESSAGE_BYTES, onLimited: true })
  }

  /** One that is there, the best first; else one that is dialled: directly, or through a relay to which this device is connected. */
  async #connection(signal: AbortSignal): Promise<Connection> {
    const { libp2p, link } = this.#init
    const peer = peerOf(link.peer)
    const open = libp2p.getConnections(peer).filter(({ status }) => status === 'open')
    const there = open.find(({ limits }) => limits === undefined) ?? open[0]
    if (there !== undefined) return there
    const relays = libp2p.getConnections().filter(({ status, limits }) => status === 'open' && limits === undefined)
    const through = relays.map(({ remoteAddr, remotePeer }) => `${withPeer(remoteAddr.toString(), remotePeer.toString())}/p2p-circuit`)
    const ways = [...link.addresses, ...through].flatMap((address) => addressOf(withPeer(address, link.peer)) ?? [])
    if (ways.length === 0) throw new DocstoreError('connection-lost', 'There is no way to the other device yet')
    try {
      return await libp2p.dial(ways, { signal })
    } catch (cause) {
      throw new DocstoreError('connection-lost', 'The other device could not be reached', { cause })
    }
  }
}

function peerOf(text: string): ReturnType<typeof peerIdFromString> {
  try {
    return peerIdFromString(text)
  } catch (cause) {
    throw new DocstoreError('bad-link', 'The link names no device. Copy it again, all of it', { cause })
  }
}

function withPeer(address: string, peer: string): string {
  return address.endsWith(`/p2p/${peer}`) ? address : `${address}/p2p/${peer}`
}

/** Nothing where it is no address that this program can read. */
function addressOf(text: string): Multiaddr | undefined {
  try {
    return multiaddr(text)
  } catch {
    return undefined
  }
}
