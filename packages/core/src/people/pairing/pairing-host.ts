import { DocstoreError } from '../../errors.ts'
import { equalBytes } from '../../model/bytes.ts'
import { type Random, secureRandom } from '../../model/keys/random.ts'
import { checkCode, commitmentOf, readCode } from './check-code.ts'
import { isDeviceProof } from './device-proof.ts'
import {
  MAX_ACT_BYTES,
  MAX_ACTS,
  MAX_ATTEMPTS,
  MAX_GENESIS_BYTES,
  MAX_INVITATION_BYTES,
  MAX_NAMESPACES,
  NAMESPACES_PAGE,
  NONCE_BYTES,
  PAGE_BYTES,
  PAIRING_MS,
  SESSION_BYTES,
} from './limits.ts'
import type { PairingRequest, PairingResponse } from './messages.ts'

/** A device that wants to be one of the person's, and the code that it shows if nobody is in between. */
export interface NewDevice {
  readonly key: Uint8Array
  readonly label: string
  /** Its signature that it wants to be a device of this person. */
  readonly proof: Uint8Array
  readonly code: string
}

/** What the new device gets: the person's genesis and log, as they lie here, the act among them that makes it a device. */
export interface HandedOver {
  readonly genesis: Uint8Array
  readonly acts: readonly Uint8Array[]
  /** Ids of the namespaces of the person, a thousand at most: those that the other devices have. */
  readonly namespaces: readonly string[]
  /** What lets the device into a network that not everybody may join, as its own bytes; `null` where nothing is needed, or to be had. */
  readonly invitation: Uint8Array | null
}

/** How a pairing stands, as the device sees it that is there already. */
export type HostState =
  /** Nobody came yet, or whoever came has gone. */
  | { readonly state: 'open' }
  /** Somebody is bound to a choice that nobody knows yet. */
  | { readonly state: 'begun'; readonly peer: string; readonly commit: Uint8Array; readonly nonce: Uint8Array }
  /** The code is on the screen of the new device; somebody is to type it here. */
  | { readonly state: 'comparing'; readonly peer: string; readonly device: NewDevice }
  /** The code was right; the act is being made. */
  | { readonly state: 'confirmed'; readonly peer: string; readonly device: NewDevice }
  | { readonly state: 'granted'; readonly peer: string; readonly device: NewDevice; readonly given: HandedOver }
  | { readonly state: 'ended'; readonly reason: 'expired' | 'too-many' | 'refused' }

/** What a pairing begins with. */
export interface PairingHostInit {
  /** Digest of the person's id. */
  readonly person: Uint8Array
  /** Multikey of the device that is there already. */
  readonly key: Uint8Array
  /** Its libp2p peer id. */
  readonly peer: string
  /** Unix milliseconds. */
  readonly now: number
  readonly random?: Random
}

/**
 * The side of a pairing that is a device of the person already: what it answers, and what its user decides. Knows no connections; time comes from outside. The peer that
 * asks is the one that the connection proved.
 */
export class PairingHost {
  readonly session: Uint8Array
  /** Unix milliseconds. */
  readonly expires: number
  readonly #init: PairingHostInit
  readonly #random: Random
  #attempts = 0
  #state: HostState = { state: 'open' }
  /** Who was turned away last because the code differed, to be told so. */
  #differed: string | undefined

  constructor(init: PairingHostInit) {
    this.#init = init
    this.#random = init.random ?? secureRandom
    this.session = this.#random.bytes(SESSION_BYTES)
    this.expires = init.now + PAIRING_MS
  }

  /** How it stands at a time, Unix milliseconds. What is granted stays so until the link expires. */
  state(now: number): HostState {
    if (now >= this.expires && this.#state.state !== 'ended') this.#state = { state: 'ended', reason: 'expired' }
    return this.#state
  }

  /** Answers a request of a peer. What it says never depends on a secret but those that the protocol reveals. */
  async answer(request: PairingRequest, peer: string, now: number): Promise<PairingResponse> {
    const { state } = this.state(now)
    if (!equalBytes(request.session, this.session)) return refused('pairing-ended', 'This link is not open here')
    if (state === 'ended') return this.#endedResponse()
    switch (request.t) {
      case 'begin':
        return this.#begin(request.commit, peer)
      case 'reveal':
        return this.#reveal(request, peer)
      case 'wait':
        return this.#tell(peer)
      case 'acts':
        return this.#page(request.from, peer)
      case 'rest':
        return this.#rest(request.from, peer)
    }
  }

  /** The code that somebody typed here, as the new device shows it. Throws `wrong-check-code`: that device is turned away then; and `pairing-ended` where none waits. */
  confirm(typed: string, now: number): NewDevice {
    const current = this.state(now)
    if (current.state !== 'comparing')
      throw new DocstoreError('pairing-ended', 'No new device waits for its code to be checked. Begin anew with another link')
    if (readCode(typed) !== current.device.code) {
      this.#turnAway()
      throw new DocstoreError(
        'wrong-check-code',
        'That is not the code of the device that asks. If you typed it as it stands there, somebody is in between: nothing was added. Else join again with the same link',
      )
    }
    this.#state = { ...current, state: 'confirmed' }
    return current.device
  }

  /** Gives the new device what it needs, once its code was confirmed and the act is made. Throws `TypeError` where a peer would not take it. */
  grant(given: HandedOver, now: number): void {
    const current = this.state(now)
    if (current.state !== 'confirmed')
      throw new DocstoreError('pairing-ended', 'The link has expired meanwhile. The device is added; it finds out when it meets the network')
    const isFit = given.genesis.length > 0 && given.genesis.length <= MAX_GENESIS_BYTES && given.acts.length <= MAX_ACTS
    const isRestFit = given.namespaces.length <= MAX_NAMESPACES && (given.invitation?.length ?? 0) <= MAX_INVITATION_BYTES
    if (!isFit || !isRestFit || !given.acts.every((act) => act.length > 0 && act.length <= MAX_ACT_BYTES))
      throw new TypeError('the genesis or the log is too large')
    this.#state = { ...current, state: 'granted', given }
  }

  /** Ends it: the link leads nowhere any more. */
  refuse(): void {
    if (this.#state.state !== 'ended') this.#state = { state: 'ended', reason: 'refused' }
  }

  /** One device at a time: whoever comes second learns that, and the user too, who sees no code there. */
  #begin(commit: Uint8Array, peer: string): PairingResponse {
    const current = this.#state
    const isTaken = current.state !== 'open' && current.state !== 'ended' && current.peer !== peer
    if (isTaken || current.state === 'confirmed' || current.state === 'granted')
      return refused('pairing-taken', 'Another device has begun with this link. If it is not yours, end it and make another link')
    if (this.#attempts >= MAX_ATTEMPTS) {
      this.#state = { state: 'ended', reason: 'too-many' }
      return this.#endedResponse()
    }
    this.#attempts++
    this.#differed = undefined
    const nonce = this.#random.bytes(NONCE_BYTES)
    this.#state = { state: 'begun', peer, commit, nonce }
    return { t: 'nonce', nonce, key: this.#init.key, person: this.#init.person }
  }

  async #reveal({ nonce, key, label, proof }: Extract<PairingRequest, { t: 'reveal' }>, peer: string): Promise<PairingResponse> {
    const begun = this.#state
    // Said twice, by a device that lost its connection before the answer.
    if (begun.state === 'comparing' && begun.peer === peer && equalBytes(begun.device.key, key)) return { t: 'waiting' }
    if (begun.state !== 'begun' || begun.peer !== peer) return refused('pairing-ended', 'This device has not begun here. Begin again')
    const { session } = this
    const { person, key: hostKey, peer: hostPeer } = this.#init
    const guest = { nonce, key, label }
    const isBound = equalBytes(commitmentOf(session, guest), begun.commit) && !equalBytes(key, hostKey)
    const isProved = isBound && (await isDeviceProof(person, key, proof))
    // Meanwhile it may have ended.
    if (this.#state !== begun) return refused('pairing-ended', 'The link was ended')
    if (!isProved) {
      this.#turnAway()
      return refused('wrong-check-code', 'What the device revealed is not what it was bound to')
    }
    const code = checkCode({ session, hostPeer, guestPeer: peer, person, hostKey, hostNonce: begun.nonce, guest })
    this.#state = { state: 'comparing', peer, device: { key, label, proof, code } }
    return { t: 'waiting' }
  }

  #tell(peer: string): PairingResponse {
    const current = this.#state
    if (peer === this.#differed) return refused('wrong-check-code', 'The code that was typed is another one. Join again with the same link')
    if (!('peer' in current) || current.peer !== peer) return refused('pairing-ended', 'This device has not begun here. Begin again')
    return current.state === 'granted' ? { t: 'granted', genesis: current.given.genesis, count: current.given.acts.length } : { t: 'waiting' }
  }

  #page(from: number, peer: string): PairingResponse {
    const current = this.#state
    if (current.state !== 'granted' || current.peer !== peer) return refused('pairing-ended', 'Nothing was given to this device')
    const acts: Uint8Array[] = []
    let bytes = 0
    for (let i = from; i < current.given.acts.length && bytes < PAGE_BYTES; i++) {
      const act = current.given.acts[i]
      if (act === undefined) break
      acts.push(act)
      bytes += act.length
    }
    return acts.length === 0 ? refused('malformed', 'There are no acts from there on') : { t: 'acts', acts }
  }

  #rest(from: number, peer: string): PairingResponse {
    const current = this.#state
    if (current.state !== 'granted' || current.peer !== peer) return refused('pairing-ended', 'Nothing was given to this device')
    const { namespaces, invitation } = current.given
    const to = from + NAMESPACES_PAGE
    return { t: 'rest', namespaces: namespaces.slice(from, to), isMore: to < namespaces.length, invitation }
  }

  #turnAway(): void {
    if ('peer' in this.#state) this.#differed = this.#state.peer
    this.#state = this.#attempts >= MAX_ATTEMPTS ? { state: 'ended', reason: 'too-many' } : { state: 'open' }
  }

  #endedResponse(): PairingResponse {
    if (this.#state.state !== 'ended') return refused('pairing-ended', 'The link was ended')
    switch (this.#state.reason) {
      case 'expired':
        return refused('pairing-ended', 'The link has expired. Make another one')
      case 'too-many':
        return refused('pairing-ended', 'The link was tried too often. Make another one')
      case 'refused':
        return refused('pairing-ended', 'The other device ended this. Make another link there')
    }
  }
}

function refused(code: string, message: string): PairingResponse {
  return { t: 'error', code, message }
}
