import { concatBytes, didOf, DocstoreError, equalBytes, errorCode, isAuthority, MAX_LABEL_LENGTH, type Replica } from '@p2p-docstore/core'
import { type HandedOver, MAX_NAMESPACES, type NewDevice, PAIRING_MS } from '@p2p-docstore/core/people/pairing'
import { DeviceOffer, joinAsDevice, parsePairingText } from '../../people/pairing/index.ts'
import {
  decodeInvitation,
  encodeInvitation,
  type Invitation,
  Invitations,
  knownInvitation,
  ownIdentity,
  readNetwork,
  rememberInvitation,
} from '../admission/index.ts'
import { noteGuest } from '../admission/index-guests.ts'
import { formatJoinText, parseJoinLink } from '../admission/index-join.ts'
import { knownRelays } from '../relays/index.ts'
import { delay } from '../timing/index.ts'
import type { DocstoreLibp2p } from '../transport/index.ts'

const SIGNATURE_BYTES = 64
/** How often it is looked whether a device was turned away, milliseconds. */
const LOOK_MS = 250

interface DevicePairingInit {
  readonly libp2p: DocstoreLibp2p
  readonly networkId: string
  readonly replica: Replica
  readonly ended: AbortSignal
}

/** The devices that are being added at one peer: one link at a time, and one that this device follows itself. */
export class DevicePairing {
  readonly #init: DevicePairingInit
  #offer: DeviceOffer | undefined
  /** That, also once it has ended. */
  #latest: DeviceOffer | undefined
  /** Those whose device was added. */
  readonly #added = new WeakSet<DeviceOffer>()
  /** The device of which was said last that it waits: it may come again before anybody asks what became of it. */
  #shown: NewDevice | undefined
  #joining: { readonly person: Uint8Array; readonly given: Promise<HandedOver> } | undefined

  constructor(init: DevicePairingInit) {
    this.#init = init
  }

  async offer(): Promise<{ readonly link: string }> {
    const { libp2p, networkId, replica } = this.#init
    const facts = await replica.personFacts()
    if (facts === undefined)
      throw new DocstoreError('no-person', 'This data signs for no person, but for its own key alone. Begin with new data for that')
    await this.end()
    const [origin] = await knownRelays(replica)
    const { descriptor } = (await replica.info()).network
    const invitation = await invitationInLink(replica)
    const add = async ({ key, label, proof }: NewDevice): Promise<HandedOver> => {
      const { devices } = (await replica.personFacts()) ?? facts
      // Added before, and the answer was lost.
      const here = devices.find((device) => device.until === undefined && equalBytes(device.key, key))
      if (here === undefined) await replica.changePerson({ type: 'add', key, label, proof })
      // It is called what it says now.
      else if (here.label !== label) await replica.changePerson({ type: 'label', key, label })
      if (invitation?.id !== undefined) await noteGuest(replica, didOf(key), invitation.id)
      const { log } = (await replica.person()) ?? {}
      if (log?.genesis === undefined) throw new TypeError('a person has a genesis')
      return {
        genesis: log.genesis,
        acts: log.acts.map(({ bytes, signature }) => concatBytes(signature, bytes)),
        namespaces: await replica.namespacesOf(facts.digest, '', MAX_NAMESPACES),
        invitation: await invitationFor(replica, key, label),
      }
    }
    const join = origin === undefined ? undefined : formatJoinText(origin, readNetwork(descriptor), invitation === undefined ? {} : { invitation })
    this.#offer = await DeviceOffer.open({ libp2p, networkId, person: facts.digest, key: (await ownIdentity(replica)).author, join, add })
    this.#latest = this.#offer
    return { link: this.#offer.link }
  }

  async compared(signal: AbortSignal): Promise<{ readonly key: Uint8Array; readonly label: string }> {
    this.#shown = await this.#open().compared(signal)
    const { key, label } = this.#shown
    return { key, label }
  }

  async decided(signal: AbortSignal): Promise<'added' | 'turned-away' | 'ended'> {
    const offer = this.#latest ?? this.#open()
    while (!this.#added.has(offer) && isWaiting(offer, this.#shown)) await delay(LOOK_MS, AbortSignal.any([signal, this.#init.ended]))
    return this.#added.has(offer) ? 'added' : offer.state.state === 'ended' ? 'ended' : 'turned-away'
  }

  async confirm(code: string): Promise<{ readonly key: Uint8Array; readonly label: string }> {
    const offer = this.#open()
    const { key, label } = await offer.confirm(code)
    this.#added.add(offer)
    return { key, label }
  }

  async delivered(signal: AbortSignal): Promise<boolean> {
    try {
      return await this.#open().delivered(signal)
    } catch {
      return false
    } finally {
      await this.end()
    }
  }

  async end(): Promise<void> {
    const offer = this.#offer
    this.#offer = undefined
    await offer?.close()
  }

  #open(): DeviceOffer {
    if (this.#offer === undefined) throw new DocstoreError('pairing-ended', 'There is no link open that adds a device. Make one first')
    return this.#offer
  }

  async begin(options: {
    readonly link: string
    readonly label: string
    readonly timeoutMs?: number
    readonly signal: AbortSignal
  }): Promise<{ readonly code: string; readonly person: Uint8Array }> {
    const { libp2p, networkId, replica } = this.#init
    const link = parsePairingText(options.link)
    const network = link.join === undefined ? undefined : parseJoinLink(link.join).network
    if (network !== undefined && network.id !== networkId)
      throw new DocstoreError('other-network', 'The other device made its link in another network. Open this data in that one: it is in the link', {
        details: { join: link.join },
      })
    const shown = Promise.withResolvers<{ readonly code: string; readonly person: Uint8Array }>()
    const device = await ownIdentity(replica)
    const given = joinAsDevice({ ...options, libp2p, networkId, link, device, onCode: shown.resolve })
    given.catch(shown.reject)
    const { code, person } = await shown.promise
    this.#joining = { person, given }
    return { code, person }
  }

  /** Resolves with the namespaces of the person. */
  async finish(): Promise<readonly string[]> {
    if (this.#joining === undefined) throw new DocstoreError('pairing-ended', 'This device follows no link')
    const { person, given } = this.#joining
    try {
      const { genesis, acts, namespaces, invitation } = await given
      const read = acts.map((act) => ({ signature: act.subarray(0, SIGNATURE_BYTES), bytes: act.subarray(SIGNATURE_BYTES) }))
      const { replica } = this.#init
      await replica.becomeDevice({ log: person, genesis, acts: read })
      if (invitation !== null) await keepInvitation(replica, invitation)
      return namespaces
    } finally {
      this.#joining = undefined
    }
  }
}

function isWaiting({ state }: DeviceOffer, device: NewDevice | undefined): boolean {
  return (state.state === 'comparing' || state.state === 'confirmed') && state.device === device
}

/** How long the invitation in a link holds, milliseconds: the link, and what fetching takes. */
const INVITED_MS: number = PAIRING_MS + 5 * 60_000

/**
 * With what a link lets a device into a network that not everybody may join: where this peer may invite, for as long as the link is good; else as this one was let in, where
 * whoever has the link may come in. Otherwise nothing: the device must have come in by itself.
 */
async function invitationInLink(replica: Replica): Promise<(Invitation & { readonly id?: string }) | undefined> {
  if (await mayInvite(replica)) {
    const invitations = new Invitations({ replica, network: undefined })
    const { invitation, id } = await invitations.create({ label: 'a device', expires: Date.now() + INVITED_MS })
    return { ...invitation, id }
  }
  const known = await knownInvitation(replica)
  return known?.seed === null ? undefined : known
}

/** What lets a device in from then on that was added: for its key alone, until that is taken back. */
async function invitationFor(replica: Replica, key: Uint8Array, label: string): Promise<Uint8Array | null> {
  if (!(await mayInvite(replica))) return null
  const invitations = new Invitations({ replica, network: undefined })
  const { invitation } = await invitations.create({ identity: didOf(key), label: label.slice(0, MAX_LABEL_LENGTH) })
  return encodeInvitation(invitation)
}

async function mayInvite(replica: Replica): Promise<boolean> {
  const network = readNetwork((await replica.info()).network.descriptor)
  return network.descriptor.admission === 'invite' && isAuthority((await ownIdentity(replica)).author, network)
}

/** One that cannot be used is none: the device is added, and can be invited. */
async function keepInvitation(replica: Replica, bytes: Uint8Array): Promise<void> {
  const invitation = decodeInvitation(bytes)
  if (invitation === undefined) return
  const { network, identity } = await replica.info()
  try {
    await rememberInvitation(replica, invitation, readNetwork(network.descriptor), identity)
  } catch (error) {
    if (errorCode(error) !== 'bad-invitation') throw error
  }
}
