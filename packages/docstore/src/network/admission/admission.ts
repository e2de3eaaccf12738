import { peerIdFromPrivateKey } from '@libp2p/peer-id'
import type { PrivateKey } from '@libp2p/interface'
import {
  createCertificate,
  createVoucher,
  didOf,
  type DocstoreError,
  equalBytes,
  identityFromSeed,
  isAuthority,
  type Network as Descriptor,
  packSigned,
  type Replica,
  type Role,
  toHex,
  type Voucher,
  verifyCertificate,
  verifyRevocation,
  verifyVoucher,
} from '@p2p-docstore/core'
import { ownIdentity } from './own-identity.ts'
import { knownRevocations, rememberRevocation, tooManyRevocations } from './revocations.ts'
import { readNetwork } from './read-network.ts'
import { MAX_REVOCATIONS } from '../limits.ts'
import { decodeHello, encodeHello, type Hello, refusal, refused } from './hello.ts'
import { knownInvitation, type Meta, verifyPacked } from './invitation.ts'

/** Somebody who was let in. */
export interface Guest {
  readonly role: Role
  /** `did:key` of the identity that runs the peer, where it said so. */
  readonly identity: string | undefined
  /** Hash of the certificate with which it came, in hex, the Unix milliseconds when that ends, and whom it lets in; absent in an open network. */
  readonly invitation: { readonly id: string; readonly expires: number | null; readonly key: Uint8Array } | undefined
  /** What a relay does for others; absent where it does not say, and does all. */
  readonly services?: readonly string[] | undefined
}

export interface AdmissionInit {
  readonly network: Descriptor
  /** Our own peer id. */
  readonly peer: string
  readonly role: Role
  /** What this relay does for others. */
  readonly services?: readonly string[] | undefined
  readonly meta: Meta
  /** Whether a key is that of a device which was revoked: what lets it in holds no more. */
  readonly isRevokedDevice?: (key: Uint8Array) => Promise<boolean>
  readonly now?: () => number
}

/** Who may come into the network: what we show to others, and what we think of what they show. */
export class Admission {
  readonly network: Descriptor
  readonly #init: AdmissionInit
  readonly #now: () => number
  readonly #revoked = new Map<string, Uint8Array>()
  /** Those of them that are not written down yet. */
  readonly #unwritten = new Map<string, Uint8Array>()
  readonly #listeners = new Set<() => void>()
  /** By whom this peer says that it is run: a relay does. */
  #ownVoucher: Promise<Uint8Array | null> | undefined

  private constructor(init: AdmissionInit) {
    this.network = init.network
    this.#init = init
    this.#now = init.now ?? Date.now
  }

  /** With what the data remembers. */
  static async open(init: AdmissionInit): Promise<Admission> {
    const admission = new Admission(init)
    for (const packed of await knownRevocations(init.meta)) await admission.#note(packed)
    admission.#unwritten.clear()
    return admission
  }

  /** Our greeting. It is made anew each time, because an invitation may have come meanwhile. */
  async hello(): Promise<Uint8Array> {
    const { network, role, services } = this.#init
    this.#ownVoucher ??= role === 'relay' ? this.#vouch() : Promise.resolve(null)
    const identity = await this.#ownVoucher
    const member = network.descriptor.admission === 'invite' ? await this.#member() : null
    return encodeHello({ role, identity, member, services })
  }

  /** Decides about a peer by its greeting. Throws the reason why it is not let in. */
  async judge(frame: Uint8Array, peer: string): Promise<Guest> {
    const { role, identity, member, services } = decodeHello(frame)
    const voucher = identity === null ? undefined : await this.#voucher(identity, peer)
    if (identity !== null && voucher === undefined) throw refused('bad-hello')
    const invitation = this.network.descriptor.admission === 'open' ? undefined : await this.#invitation(member, peer)
    return { role, identity: voucher && didOf(voucher.by), invitation, services }
  }

  /** Packed revocations of all invitations that were taken back, as far as is known here. */
  get revocations(): readonly Uint8Array[] {
    return [...this.#revoked.values()]
  }

  /**
   * Takes note that an invitation was taken back. False where that is not so: no authority of this network signed it. Throws
   * `too-many-revocations`, and where it cannot be written down; it holds then all the same, and the next call tries again.
   */
  async revoke(packed: Uint8Array): Promise<boolean> {
    const noted = await this.#note(packed)
    if (noted === 'invalid') return false
    // Before it is written down, which may fail.
    if (noted === 'new') for (const listener of this.#listeners) listener()
    for (const [id, one] of this.#unwritten) {
      await rememberRevocation(this.#init.meta, one)
      this.#unwritten.delete(id)
    }
    return true
  }

  /** Why an invitation does not hold any more; `undefined` while it does. */
  async endOf({ id, expires, key }: NonNullable<Guest['invitation']>): Promise<DocstoreError | undefined> {
    if (this.#revoked.has(id) || (await this.#init.isRevokedDevice?.(key)) === true) return refusal('invitation-revoked')
    return expires !== null && expires <= this.#now() ? refusal('invitation-expired') : undefined
  }

  /** Calls back when an invitation was taken back. Returns the way to stop. */
  onRevocation(listener: () => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  async #vouch(): Promise<Uint8Array> {
    const { network, peer, meta } = this.#init
    return packSigned(createVoucher(network.cid, peer, await ownIdentity(meta)))
  }

  async #member(): Promise<Hello['member']> {
    const { network, peer, meta } = this.#init
    const identity = await ownIdentity(meta)
    // Who invites needs no invitation.
    if (isAuthority(identity.author, network)) {
      const fields = { key: identity.author, label: '', at: this.#now(), expires: null }
      const certificate = packSigned(createCertificate(network.cid, fields, identity))
      return { certificate, voucher: await this.#vouch() }
    }
    const invitation = await knownInvitation(meta)
    if (invitation === undefined) return null
    const { certificate, seed } = invitation
    const key = seed === null ? identity : identityFromSeed(seed)
    return { certificate, voucher: packSigned(createVoucher(network.cid, peer, key)) }
  }

  async #invitation(member: Hello['member'], peer: string): Promise<NonNullable<Guest['invitation']>> {
    const certificate = member && (await verifyPacked(member.certificate, (signed) => verifyCertificate(signed, this.network)))
    const voucher = member && (await this.#voucher(member.voucher, peer))
    if (certificate === undefined || certificate === null || !voucher) throw refused('not-invited')
    if (!equalBytes(voucher.by, certificate.value.key)) throw refused('not-invited')
    const { expires, key } = certificate.value
    const invitation = { id: toHex(certificate.hash), expires, key }
    const end = await this.endOf(invitation)
    if (end !== undefined) throw end
    return invitation
  }

  async #voucher(packed: Uint8Array, peer: string): Promise<Voucher | undefined> {
    const voucher = await verifyPacked(packed, (signed) => verifyVoucher(signed, this.network))
    return voucher?.value.peer === peer ? voucher.value : undefined
  }

  async #note(packed: Uint8Array): Promise<'new' | 'known' | 'invalid'> {
    const revocation = await verifyPacked(packed, (signed) => verifyRevocation(signed, this.network))
    if (revocation === undefined) return 'invalid'
    const id = toHex(revocation.value.certificate)
    if (this.#revoked.has(id)) return 'known'
    if (this.#revoked.size >= MAX_REVOCATIONS) throw tooManyRevocations()
    this.#revoked.set(id, packed)
    this.#unwritten.set(id, packed)
    return 'new'
  }
}

/** Who may come into the network of this data. */
export async function openAdmission(replica: Replica, key: PrivateKey, role: Role, services?: readonly string[]): Promise<Admission> {
  const network = readNetwork((await replica.info()).network.descriptor)
  // Of anybody: who has a stolen device can make it one of a second person.
  const isRevokedDevice = async (device: Uint8Array): Promise<boolean> => (await replica.personsOfKey(device)).some(({ isRevoked }) => isRevoked)
  return Admission.open({ network, peer: peerIdFromPrivateKey(key).toString(), role, services, meta: replica, isRevokedDevice })
}
