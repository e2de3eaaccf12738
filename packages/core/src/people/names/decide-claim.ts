import { compareBytes, equalBytes, toHex } from '../../model/bytes.ts'
import { cidOf, DAG_CBOR } from '../../model/encoding/cid.ts'
import type { Identity } from '../../model/keys/identity.ts'
import type { Network } from '../../model/network/network.ts'
import { skeleton } from './confusables.ts'
import { CLAIM_AGE_MS, CLAIM_AHEAD_MS, LEASE_MS, MAX_NAMES_PER_PERSON, RENEWAL_MS, WAITING_MS } from './limits.ts'
import { type ActsFor, deniedClaims, type NameState, nameState } from './name-state.ts'
import { denyName, grantName, isNameAuthority, type NameClaim, type NameDenial, type NameGrant, type VerifiedStatement } from './statements.ts'

/** Why an authority does not grant a name. */
export type ClaimRefusal =
  | 'no-name-authority' // the network has none, or this is not one
  | 'not-allowed' // the key does not act for the person
  | 'name-taken' // somebody has it, or it stays with them for a while yet
  | 'name-quarantined' // somebody had it not long ago
  | 'name-confusable' // somebody has one that looks like it
  | 'name-late' // the claim is of another time
  | 'name-early' // the name is the person's, and cannot be renewed yet
  | 'too-many-names'

/** What an authority knows when it decides. */
export interface ClaimCase {
  readonly network: Network
  readonly authority: Identity
  /** All statements of the network that it has: of this name, of those that look alike, and of this person. */
  readonly statements: readonly VerifiedStatement[]
  readonly actsFor: ActsFor
  /** Unix milliseconds. */
  readonly now: number
}

/** Grants a claim, or says why not. An authority that keeps to it, and knows what it has granted itself, never grants twice. */
export function decideClaim(
  claim: VerifiedStatement<NameClaim>,
  { network, authority, statements, actsFor, now }: ClaimCase,
): { readonly ok: true; readonly grant: VerifiedStatement<NameGrant> } | { readonly ok: false; readonly reason: ClaimRefusal } {
  const { name, person, at, via, by } = claim.value
  const refusal = (reason: ClaimRefusal): { readonly ok: false; readonly reason: ClaimRefusal } => ({ ok: false, reason })
  if (!isNameAuthority(authority.author, network)) return refusal('no-name-authority')
  if (at < now - CLAIM_AGE_MS || at > now + CLAIM_AHEAD_MS) return refusal('name-late')
  if (!actsFor(cidOf(DAG_CBOR, person), by, at)) return refusal('not-allowed')
  // As if its own grants were all that counts: what it has granted once it must not grant again while others have not yet.
  const mine = alone(network, authority)
  if (statements.some(({ value }) => value.t === 'name-denial' && isBy(value, authority, claim))) return refusal('name-taken')
  // What it has granted of a claim that enough others deny leads nowhere.
  const denied = deniedClaims(statements, network)
  const live = statements.filter(({ value }) => value.t !== 'name-grant' || !denied.has(toHex(value.claim)))
  const stateOf = (of: string, in_: Network): NameState =>
    nameState({ network: in_, name: of, statements: in_ === mine ? live : statements, actsFor, now })
  for (const in_ of [network, mine]) {
    const state = stateOf(name, in_)
    if (state.state === 'free') continue
    const isOwn = equalBytes(state.person, person)
    if (state.state === 'quarantine' && !isOwn) return refusal('name-quarantined')
    if (state.state !== 'quarantine' && !isOwn && !isGiven(claim, state, statements, { actsFor, now })) return refusal('name-taken')
    // What others have not granted yet, the person may have to claim once more.
    const isLasting = in_ === network && state.state === 'held' && isOwn && state.until - now > RENEWAL_MS
    if (isLasting && via === null && !equalBytes(state.claim, claim.hash)) return refusal('name-early')
  }
  const others = new Set(statements.map(({ value }) => value.name))
  others.delete(name)
  let held = 0
  for (const other of others) {
    const holders = [stateOf(other, network), stateOf(other, mine)].flatMap((state) =>
      state.state === 'held' || state.state === 'grace' ? [state.person] : [],
    )
    const isOwn = holders.some((holder) => equalBytes(holder, person))
    if (isOwn) held++
    if (holders.length > 0 && !isOwn && skeleton(other) === skeleton(name)) return refusal('name-confusable')
  }
  if (held >= MAX_NAMES_PER_PERSON) return refusal('too-many-names')
  const from = now
  return { ok: true, grant: grantName({ net: network.cid, name, person, claim: claim.hash, from, until: from + LEASE_MS }, authority) }
}

/**
 * Denies a claim that others have granted and that waits for a quorum: where it is a day old, so that it gets no grant from here any more; or where this authority has granted one of another person that is of a lower hash.
 * So of claims that share the authorities between them one goes on. One that it granted itself it denies where no quorum was shown for a week: those that it lacks may be gone for good. Says `not-allowed`
 * where it granted it not so long ago, where it is a lease, where nobody granted it, and where it comes first.
 */
export function decideDenial(
  claim: VerifiedStatement<NameClaim>,
  { network, authority, statements, actsFor, now }: ClaimCase,
): { readonly ok: true; readonly denial: VerifiedStatement<NameDenial> } | { readonly ok: false; readonly reason: ClaimRefusal } {
  const { name, person, at } = claim.value
  if (!isNameAuthority(authority.author, network)) return { ok: false, reason: 'no-name-authority' }
  const grants = statements.filter((one): one is VerifiedStatement<NameGrant> => one.value.t === 'name-grant' && one.value.name === name)
  const ours = grants.filter(({ value }) => equalBytes(value.claim, claim.hash))
  const state = nameState({ network, name, statements, actsFor, now })
  const isLease = 'claim' in state && equalBytes(state.claim, claim.hash)
  const isWhole = new Set(ours.map(({ value }) => toHex(value.by))).size >= (network.descriptor.names?.quorum ?? 1)
  if (isLease || isWhole || ours.length === 0) return { ok: false, reason: 'not-allowed' }
  const denial = denyName({ net: network.cid, name, person, claim: claim.hash, at: now }, authority)
  if (ours.some(({ value }) => isBy(value, authority, claim)))
    return at < now - WAITING_MS ? { ok: true, denial } : { ok: false, reason: 'not-allowed' }
  const denied = deniedClaims(statements, network)
  const isBehind = grants.some(({ value }) => {
    const isRival = equalBytes(value.by, authority.author) && !equalBytes(value.person, person) && value.until > now
    return isRival && !denied.has(toHex(value.claim)) && compareBytes(value.claim, claim.hash) < 0
  })
  if (at >= now - CLAIM_AGE_MS && !isBehind) return { ok: false, reason: 'not-allowed' }
  return { ok: true, denial }
}

/** Whether an authority said this of a claim. */
function isBy(value: NameGrant | NameDenial, authority: Identity, claim: VerifiedStatement<NameClaim>): boolean {
  return equalBytes(value.by, authority.author) && equalBytes(value.claim, claim.hash)
}

/** The network as if this authority were its only one. */
function alone(network: Network, authority: Identity): Network {
  return { ...network, descriptor: { ...network.descriptor, names: { authorities: [authority.author], quorum: 1 } } }
}

/** Whether the holder gave the name to who claims it. */
function isGiven(
  { value: { name, person, via } }: VerifiedStatement<NameClaim>,
  holder: { readonly person: Uint8Array; readonly since: number },
  statements: readonly VerifiedStatement[],
  { actsFor, now }: Pick<ClaimCase, 'actsFor' | 'now'>,
): boolean {
  return statements.some(({ value, hash }) => {
    if (value.t !== 'name-transfer' || via === null || !equalBytes(via, hash) || value.name !== name) return false
    const isBetween = equalBytes(value.person, holder.person) && equalBytes(value.to, person) && value.at >= holder.since
    // A key that was stolen and revoked since could have said it under an earlier time.
    return isBetween && value.at <= now && [value.at, now].every((at) => actsFor(cidOf(DAG_CBOR, value.person), value.by, at))
  })
}
