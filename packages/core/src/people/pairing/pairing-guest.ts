import { sha256 } from '#crypto'
import { DocstoreError } from '../../errors.ts'
import { equalBytes } from '../../model/bytes.ts'
import type { Identity } from '../../model/keys/identity.ts'
import { type Random, secureRandom } from '../../model/keys/random.ts'
import { checkCode, commitmentOf, type GuestChoice } from './check-code.ts'
import { proveDevice } from './device-proof.ts'
import { MAX_NAMESPACES, NONCE_BYTES } from './limits.ts'
import { isLabel, type PairingRequest, type PairingResponse } from './messages.ts'
import type { HandedOver } from './pairing-host.ts'

/** What the new device begins with. */
export interface PairingGuestInit {
  /** Of the link: the session, and the libp2p peer id of the device that is there already. */
  readonly session: Uint8Array
  readonly hostPeer: string
  /** This device: its key, its libp2p peer id, and what it is called. */
  readonly device: Identity
  readonly peer: string
  readonly label: string
  readonly random?: Random
}

/** What the new device knows once it has revealed itself; its user compares the code. */
export interface Compared {
  readonly code: string
  /** Digest of the id of the person whose device it is going to be. */
  readonly person: Uint8Array
  readonly hostKey: Uint8Array
}

/** Sends one request and resolves with the answer, over whatever connection there is. */
export type AskHost = (request: PairingRequest) => Promise<PairingResponse>

/** The side of a pairing that is the new device. Knows no connections. */
export class PairingGuest {
  readonly #init: PairingGuestInit
  readonly #choice: GuestChoice

  /** Throws `bad-label`. */
  constructor(init: PairingGuestInit) {
    if (!isLabel(init.label)) throw new DocstoreError('bad-label', 'The name of the device is too long. Shorten it to 64 characters')
    this.#init = init
    this.#choice = { nonce: (init.random ?? secureRandom).bytes(NONCE_BYTES), key: init.device.author, label: init.label }
  }

  /** Tells the other side who this is, in the order that lets nobody in between steer the code. Throws what that side refuses it with, and `bad-response`. */
  async reveal(ask: AskHost): Promise<Compared> {
    const { session, hostPeer, device, peer } = this.#init
    const begun = await asked(ask, { t: 'begin', session, commit: commitmentOf(session, this.#choice) }, 'nonce')
    const { person, key: hostKey, nonce: hostNonce } = begun
    const code = checkCode({ session, hostPeer, guestPeer: peer, person, hostKey, hostNonce, guest: this.#choice })
    await asked(ask, { t: 'reveal', session, ...this.#choice, proof: proveDevice(person, device) }, 'waiting')
    return { code, person, hostKey }
  }

  /** Whether the user of the other device has confirmed; gives how many acts its log has. Throws `wrong-check-code`, `pairing-ended`, `bad-response`. */
  async granted(ask: AskHost, { person }: Compared): Promise<{ readonly genesis: Uint8Array; readonly count: number } | undefined> {
    const answer = await ask({ t: 'wait', session: this.#init.session })
    if (answer.t === 'waiting') return undefined
    if (answer.t !== 'granted') throw failure(answer)
    // The code was compared for this person.
    if (!equalBytes(sha256(answer.genesis), person))
      throw new DocstoreError('bad-response', 'The other device gave another person than the one whose code was compared')
    return { genesis: answer.genesis, count: answer.count }
  }

  /** Fetches the log and the rest, page by page. */
  async fetch(ask: AskHost, { genesis, count }: { readonly genesis: Uint8Array; readonly count: number }): Promise<HandedOver> {
    const acts: Uint8Array[] = []
    while (acts.length < count) {
      const page = await asked(ask, { t: 'acts', session: this.#init.session, from: acts.length }, 'acts')
      acts.push(...page.acts)
    }
    if (acts.length !== count) throw new DocstoreError('bad-response', 'The other device gave more than it said')
    const namespaces: string[] = []
    for (;;) {
      const rest = await asked(ask, { t: 'rest', session: this.#init.session, from: namespaces.length }, 'rest')
      namespaces.push(...rest.namespaces)
      if (!rest.isMore) return { genesis, acts, namespaces, invitation: rest.invitation }
      if (rest.namespaces.length === 0 || namespaces.length > MAX_NAMESPACES)
        throw new DocstoreError('bad-response', 'The other device gave more namespaces than there can be')
    }
  }
}

async function asked<T extends PairingResponse['t']>(
  ask: AskHost,
  request: PairingRequest,
  expected: T,
): Promise<Extract<PairingResponse, { readonly t: T }>> {
  const answer = await ask(request)
  if (!isOfType(answer, expected)) throw failure(answer)
  return answer
}

function isOfType<T extends PairingResponse['t']>(answer: PairingResponse, t: T): answer is Extract<PairingResponse, { readonly t: T }> {
  return answer.t === t
}

function failure(answer: PairingResponse): DocstoreError {
  if (answer.t === 'error') return DocstoreError.passedOn(answer.code, answer.message)
  return new DocstoreError('bad-response', `The other device answered ${answer.t}, which it was not asked for`)
}
