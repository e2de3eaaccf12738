import {
  asStruct,
  authorOfDid,
  createCertificate,
  createRevocation,
  createSeed,
  decodeCbor,
  didOf,
  DocstoreError,
  encodeCbor,
  type Identity,
  identityFromSeed,
  isAuthority,
  MAX_LABEL_LENGTH,
  MAX_MEMBERSHIP_BYTES,
  type Network as Descriptor,
  packSigned,
  type Replica,
  sha256,
  toHex,
  verifyCertificate,
} from '@p2p-docstore/core'
import { type Invitation, verifyPacked } from './invitation.ts'
import { MAX_REVOCATIONS } from '../limits.ts'
import { durationText } from '../timing/index.ts'
import { readNetwork } from './read-network.ts'
import { ownIdentity } from './own-identity.ts'
import { knownRevocations, rememberRevocation, tooManyRevocations } from './revocations.ts'
import type { Network } from '../types.ts'

/** Name prefix of the invitations that were made here; the hash of the certificate follows. */
const ISSUED = 'invitations/'
/** Largest value of one, bytes: a certificate, a revocation. */
const MAX_ISSUED_BYTES: number = 4 * MAX_MEMBERSHIP_BYTES
/** Characters of the hash that people see. */
const ID_LENGTH = 12

/** An invitation that was made here. */
export interface IssuedInvitation {
  /** The first characters of the certificate's hash, in hex. */
  readonly id: string
  readonly label: string
  /** `did:key` of the identity that it is for; `undefined`: whoever has the link. */
  readonly identity: string | undefined
  /** Unix milliseconds. */
  readonly at: number
  readonly expires: number | undefined
  readonly state: 'valid' | 'expired' | 'revoked'
}

/** What can be chosen about an invitation. */
export interface InvitationInit {
  /** `did:key` of the identity that is invited; without it, the invitation carries a key of its own and lets in whoever has it. */
  readonly identity?: string | undefined
  readonly label?: string | undefined
  /** Unix milliseconds; without it, the invitation holds until it is revoked. */
  readonly expires?: number | undefined
}

/** Invitations into an invite-only network, at one of its authorities. Each method throws `open-network` or `not-authority` elsewhere. */
export class Invitations {
  readonly #replica: Replica
  readonly #network: Network | undefined

  constructor({ replica, network }: { readonly replica: Replica; readonly network: Network | undefined }) {
    this.#replica = replica
    this.#network = network
  }

  /**
   * Makes an invitation. What it resolves with goes into a join link. Throws `bad-identity`, `bad-label`, `bad-expiry`, and `clock-skew` where it
   * expires by a clock with which the relays disagree: what is signed cannot be put right later.
   */
  async create({ identity: did, label = '', expires }: InvitationInit = {}): Promise<IssuedInvitation & { readonly invitation: Invitation }> {
    const { network, authority } = await this.#authority()
    if (label.length > MAX_LABEL_LENGTH || !label.isWellFormed())
      throw new DocstoreError('bad-label', `A label has at most ${MAX_LABEL_LENGTH} characters`)
    if (expires !== undefined && !(Number.isSafeInteger(expires) && expires > Date.now()))
      throw new DocstoreError('bad-expiry', 'An invitation expires in the future')
    if (expires !== undefined) await this.#checkClock()
    const seed = did === undefined ? createSeed() : null
    const key = seed === null ? authorOfDid(did ?? '') : identityFromSeed(seed).author
    if (key === undefined) throw new DocstoreError('bad-identity', `${did} is no identity. \`docstore id\` shows it; it looks like did:key:z6Mk…`)
    const signed = createCertificate(network.cid, { key, label, at: Date.now(), expires: expires ?? null }, authority)
    const certificate = packSigned(signed)
    const hash = toHex(sha256(signed.bytes))
    await this.#keep(hash, { certificate, isBearer: seed !== null, revocation: null })
    const [issued] = await this.#find(network, hash)
    if (issued === undefined) throw new DocstoreError('storage-failed', 'The invitation could not be stored')
    return { ...issued.shown, invitation: { certificate, seed } }
  }

  /** Those that were made here, oldest first. */
  async list(): Promise<readonly IssuedInvitation[]> {
    const { network } = await this.#authority()
    return (await this.#find(network, '')).map(({ shown }) => shown)
  }

  /**
   * Takes one back, by its id: whoever came in with it has to go. `told` is the number of peers that know it already; the others hear of
   * it when there is a connection. Throws `unknown-invitation`, `too-many-revocations`.
   */
  async revoke(id: string): Promise<IssuedInvitation & { readonly told: number }> {
    const { network, authority } = await this.#authority()
    const [found, ...others] = /^[0-9a-f]{4,64}$/.test(id) ? await this.#find(network, id) : []
    if (found === undefined || others.length > 0)
      throw new DocstoreError('unknown-invitation', `No invitation that was made here has the id ${id}. \`docstore invite list\` shows them`)
    const { stored, hash, shown } = found
    if (stored.revocation === null && (await knownRevocations(this.#replica)).length >= MAX_REVOCATIONS) throw tooManyRevocations()
    const revocation = stored.revocation ?? packSigned(createRevocation(network.cid, hash, Date.now(), authority))
    await this.#keep(toHex(hash), { ...stored, revocation })
    const told = (await this.#network?.revoke(revocation)) ?? 0
    if (this.#network === undefined) await rememberRevocation(this.#replica, revocation)
    return { ...shown, state: 'revoked', told }
  }

  async #checkClock(): Promise<void> {
    const { state, aheadMs } = (await this.#network?.clock()) ?? { state: 'unknown', aheadMs: 0 }
    if (state !== 'wrong' && state !== 'disputed') return
    throw new DocstoreError(
      'clock-skew',
      `The clock here is ${durationText(aheadMs)} ${aheadMs > 0 ? 'ahead of' : 'behind'} that of the relays, so the invitation would expire at another time than you say. Set it right and try again`,
    )
  }

  async #authority(): Promise<{ network: Descriptor; authority: Identity }> {
    const network = readNetwork((await this.#replica.info()).network.descriptor)
    if (network.descriptor.admission === 'open')
      throw new DocstoreError('open-network', 'The network is open: whoever has its join link may come in, without an invitation')
    const authority = await ownIdentity(this.#replica)
    if (isAuthority(authority.author, network)) return { network, authority }
    const authorities = network.descriptor.authorities.map(didOf).join(', ')
    throw new DocstoreError('not-authority', `Only an authority of the network can invite: ${authorities}. This is ${authority.did}`)
  }

  async #keep(hash: string, { certificate, isBearer, revocation }: Stored): Promise<void> {
    await this.#replica.setMeta(ISSUED + hash, encodeCbor({ certificate, isBearer, revocation }))
  }

  /** Those whose hash begins so, oldest first. Those of a network that this data was in before are not among them. */
  async #find(network: Descriptor, prefix: string): Promise<readonly Found[]> {
    const found: Found[] = []
    for (const [, value] of await this.#replica.listMeta(ISSUED + prefix)) {
      const stored = readStored(value)
      const certificate = stored && (await verifyPacked(stored.certificate, (signed) => verifyCertificate(signed, network)))
      if (stored === undefined || certificate === undefined) continue
      const { label, key, at, expires } = certificate.value
      const state = stored.revocation ? 'revoked' : expires !== null && expires <= Date.now() ? 'expired' : 'valid'
      const identity = stored.isBearer ? undefined : didOf(key)
      const id = toHex(certificate.hash).slice(0, ID_LENGTH)
      found.push({ stored, hash: certificate.hash, shown: { id, label, identity, at, expires: expires ?? undefined, state } })
    }
    return found.sort((a, b) => a.shown.at - b.shown.at)
  }
}

/** What is kept of an invitation; the secret of one that travels in a link is not. */
interface Stored {
  readonly certificate: Uint8Array
  readonly isBearer: boolean
  readonly revocation: Uint8Array | null
}

interface Found {
  readonly stored: Stored
  readonly hash: Uint8Array
  readonly shown: IssuedInvitation
}

function readStored(value: Uint8Array): Stored | undefined {
  const decoded = decodeCbor(value, MAX_ISSUED_BYTES)
  const struct = decoded.ok ? asStruct(decoded.value, ['certificate', 'isBearer', 'revocation']) : undefined
  const { certificate, isBearer, revocation } = struct ?? {}
  const isRevocation = revocation === null || revocation instanceof Uint8Array
  return certificate instanceof Uint8Array && typeof isBearer === 'boolean' && isRevocation ? { certificate, isBearer, revocation } : undefined
}
