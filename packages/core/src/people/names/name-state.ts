import { compareBytes, equalBytes, toHex } from '../../model/bytes.ts'
import { type CID, cidOf, DAG_CBOR } from '../../model/encoding/cid.ts'
import type { NameAuthorities, Network } from '../../model/network/network.ts'
import { GRACE_MS, QUARANTINE_MS, WAITING_MS } from './limits.ts'
import {
  isNameAuthority,
  type NameClaim,
  type NameDenial,
  type NameGrant,
  type NameRelease,
  type NameStatement,
  type NameTransfer,
  type VerifiedStatement,
} from './statements.ts'

/** Whether a key acts for a person (by the CID of the person) at a time, Unix milliseconds; with `ever`, whether it is a device of theirs, revoked or not. */
export type ActsFor = (person: CID, key: Uint8Array, at: number | 'ever') => boolean

/** Two grants of one authority, for one name, to two persons, of which only one can be right: whoever sees them can check it. */
export interface DoubleGrant {
  readonly authority: Uint8Array
  readonly grants: readonly [VerifiedStatement<NameGrant>, VerifiedStatement<NameGrant>]
}

/** How it stands with a name at a time. */
export type NameState = (
  | { readonly state: 'free' }
  /** Its holder has it until then, and is to renew it. What they said of giving it away before `since` counts no more. */
  | { readonly state: 'held' | 'grace'; readonly person: Uint8Array; readonly since: number; readonly until: number; readonly claim: Uint8Array }
  /** Nobody has it; the one who had it last gets it back at once, others from then on. */
  | { readonly state: 'quarantine'; readonly person: Uint8Array; readonly until: number }
) & {
  /** Authorities that gave it to two. */
  readonly doubles: readonly DoubleGrant[]
}

/** A claim that enough authorities granted. */
interface Lease {
  readonly claim: VerifiedStatement<NameClaim>
  readonly from: number
  readonly until: number
  /** Authorities that granted this one. */
  readonly grants: readonly VerifiedStatement<NameGrant>[]
}

/** Who has a name, as it goes through the leases in their order. */
interface Holding {
  readonly person: Uint8Array
  readonly since: number
  readonly until: number
  readonly claim: Uint8Array
  readonly lease: Lease
}

export interface NameStateInit {
  readonly network: Network
  readonly name: string
  /** Verified statements, of any name and in any order: what they say in the end is the same. */
  readonly statements: readonly VerifiedStatement[]
  readonly actsFor: ActsFor
  /** Unix milliseconds. */
  readonly now: number
}

/**
 * Who has a name: a pure function of the statements about it. A claim counts with the grants of a quorum; leases follow each other in the order of their beginnings. Where two overlap that were not given by
 * the holder, authorities have granted twice: the one stands that more authorities granted which granted no other, then the one that is not denied, then the earlier, then the one of the lower hash.
 */
export function nameState({ network, name, statements, actsFor, now }: NameStateInit): NameState {
  const { names } = network.descriptor
  const about = unique(statements.filter(({ value }) => value.name === name))
  const acts = ({ value }: VerifiedStatement<NameRelease | NameTransfer>): boolean => actsFor(cidOf(DAG_CBOR, value.person), value.by, value.at)
  // The authorities that granted a claim knew that its key acted then. What becomes of the device later takes no name from its person.
  const claims = about.filter(isClaim).filter(({ value }) => actsFor(cidOf(DAG_CBOR, value.person), value.by, 'ever'))
  const grants = about.filter(isGrant).filter(({ value }) => isNameAuthority(value.by, network))
  const releases = about.filter(isRelease).filter(acts)
  const transfers = about.filter(isTransfer).filter(acts)
  const leases = claims.flatMap((claim) => leaseOf(claim, grants, names?.quorum ?? Number.POSITIVE_INFINITY) ?? []).toSorted(inOrder)
  const denied = deniedClaims(about, network)
  const doubles: DoubleGrant[] = []
  const doubled = new Set<string>()
  let holding: Holding | undefined
  for (const lease of leases) {
    const { value } = lease.claim
    const before: Holding | undefined = holding
    if (before === undefined || isFollower(lease, before, releases, transfers)) {
      holding = holdingOf(lease)
      continue
    }
    if (equalBytes(before.person, value.person)) {
      holding = { ...before, until: Math.max(before.until, lease.until), claim: lease.claim.hash, since: lastSince(before, lease, releases) }
      continue
    }
    for (const double of doublesOf(before.lease, lease, about.filter(isDenial))) {
      if (doubled.has(toHex(double.authority))) continue
      doubled.add(toHex(double.authority))
      doubles.push(double)
    }
    if (isStronger(lease, before.lease, denied)) holding = holdingOf(lease)
  }
  return { ...stateOf(holding, releases, now), doubles }
}

function stateOf(holding: Holding | undefined, releases: readonly VerifiedStatement<NameRelease>[], now: number) {
  // What begins later is known already, and does not hold yet.
  if (holding === undefined || holding.lease.from > now) return { state: 'free' } as const
  const { person, since, until, claim } = holding
  const { end, kept } = endOf(holding, releases, now)
  if (now < end) return { state: 'held', person, since, until, claim } as const
  if (now < kept) return { state: 'grace', person, since, until: kept, claim } as const
  if (now < kept + QUARANTINE_MS) return { state: 'quarantine', person, until: kept + QUARANTINE_MS } as const
  return { state: 'free' } as const
}

/** When a holding ends, and until when its holder alone may have it again: no grace for what was given up. */
function endOf(holding: Holding, releases: readonly VerifiedStatement<NameRelease>[], now: number): { readonly end: number; readonly kept: number } {
  const released = releases.filter(({ value }) => equalBytes(value.person, holding.person) && value.at >= holding.since && value.at <= now)
  const at = Math.min(holding.until, ...released.map(({ value }) => value.at))
  return at < holding.until ? { end: at, kept: at } : { end: holding.until, kept: holding.until + GRACE_MS }
}

/** Whether a lease takes the place of a holding rightly: the name was free, or its holder gave it to this one. */
function isFollower(
  { claim, from }: Lease,
  holding: Holding,
  releases: readonly VerifiedStatement<NameRelease>[],
  transfers: readonly VerifiedStatement<NameTransfer>[],
): boolean {
  const { person, via } = claim.value
  if (equalBytes(person, holding.person)) return false
  const { kept } = endOf(holding, releases, from)
  if (from >= kept + QUARANTINE_MS) return true
  return transfers.some(({ value, hash }) => {
    const isMeant = via !== null && equalBytes(via, hash) && equalBytes(value.person, holding.person) && equalBytes(value.to, person)
    return isMeant && value.at >= holding.since && value.at < kept && value.at <= from
  })
}

function holdingOf(lease: Lease): Holding {
  const { claim, from, until } = lease
  return { person: claim.value.person, since: from, until, claim: claim.hash, lease }
}

/** A renewal undoes what was given up before it. */
function lastSince(holding: Holding, { claim }: Lease, releases: readonly VerifiedStatement<NameRelease>[]): number {
  const released = releases.filter(({ value }) => equalBytes(value.person, holding.person) && value.at >= holding.since && value.at < claim.value.at)
  return released.length === 0 ? holding.since : claim.value.at
}

function leaseOf(claim: VerifiedStatement<NameClaim>, grants: readonly VerifiedStatement<NameGrant>[], quorum: number): Lease | undefined {
  const mine = grants.filter(({ value }) => equalBytes(value.claim, claim.hash) && equalBytes(value.person, claim.value.person))
  const byAuthority = new Map<string, VerifiedStatement<NameGrant>>()
  // Of one authority that granted a claim twice, the longer one counts.
  for (const grant of mine.toSorted((a, b) => a.value.until - b.value.until || compareBytes(a.hash, b.hash)))
    byAuthority.set(toHex(grant.value.by), grant)
  const counted = [...byAuthority.values()]
  if (counted.length < quorum) return undefined
  const from = counted.map(({ value }) => value.from).toSorted((a, b) => a - b)[quorum - 1] ?? 0
  const until = counted.map(({ value }) => value.until).toSorted((a, b) => b - a)[quorum - 1] ?? 0
  return from < until ? { claim, from, until, grants: counted } : undefined
}

function inOrder(a: Lease, b: Lease): number {
  return a.from - b.from || compareBytes(a.claim.hash, b.claim.hash)
}

function isStronger(lease: Lease, than: Lease, denied: ReadonlySet<string>): boolean {
  const difference = onlyHere(lease, than) - onlyHere(than, lease)
  if (difference !== 0) return difference > 0
  // Authorities that said they never would, and did all the same.
  return !denied.has(toHex(lease.claim.hash)) && denied.has(toHex(than.claim.hash))
}

/**
 * Hashes, in hexadecimal, of claims that so many authorities deny that the others are no quorum: what those granted of them leads nowhere, as long as all keep to what they say. One that has a
 * quorum all the same is a lease, and authorities have broken their word.
 */
export function deniedClaims(statements: readonly VerifiedStatement[], network: Network): ReadonlySet<string> {
  const { names } = network.descriptor
  if (names === undefined) return new Set()
  const byClaim = new Map<string, Set<string>>()
  for (const { value } of statements) {
    if (value.t !== 'name-denial' || !isNameAuthority(value.by, network)) continue
    const claim = toHex(value.claim)
    byClaim.set(claim, (byClaim.get(claim) ?? new Set()).add(toHex(value.by)))
  }
  const enough = denialsNeeded(names)
  return new Set([...byClaim].flatMap(([claim, authorities]) => (authorities.size >= enough ? [claim] : [])))
}

/** How many authorities have to deny a claim so that no quorum is left for it. */
export function denialsNeeded({ authorities, quorum }: NameAuthorities): number {
  return authorities.length - quorum + 1
}

/** How many authorities granted this lease and not the other one. */
function onlyHere({ grants }: Lease, other: Lease): number {
  return grants.filter(({ value }) => !other.grants.some((grant) => equalBytes(grant.value.by, value.by))).length
}

function doublesOf(one: Lease, other: Lease, denials: readonly VerifiedStatement<NameDenial>[]): readonly DoubleGrant[] {
  // It was shown no quorum of the one for a week, and said so before it granted the other.
  const isGivenUp = ({ claim }: Lease, { value: { by, from } }: VerifiedStatement<NameGrant>): boolean =>
    denials.some(({ value }) => {
      const isOfIt = equalBytes(value.by, by) && equalBytes(value.claim, claim.hash)
      return isOfIt && value.at > claim.value.at + WAITING_MS && value.at <= from
    })
  return one.grants.flatMap((grant) => {
    const second = other.grants.find(({ value }) => equalBytes(value.by, grant.value.by))
    if (second === undefined || isGivenUp(one, second) || isGivenUp(other, grant)) return []
    return [{ authority: grant.value.by, grants: [grant, second] as const }]
  })
}

/**
 * Whether two grants prove that an authority granted a name twice: of one name and network, to two persons, at overlapping times. Where the second person's claim names a
 * transfer, `nameState` says whether the holder made it; and where the authority denied the first claim between the two, having been shown no quorum for a week, that.
 */
export function isDoubleGrant([one, other]: DoubleGrant['grants']): boolean {
  const [a, b] = [one.value, other.value]
  if (!equalBytes(a.by, b.by) || a.name !== b.name || !equalBytes(a.net.bytes, b.net.bytes) || equalBytes(a.person, b.person)) return false
  return a.from < b.until && b.from < a.until
}

/** The same statement counts once, however often it came. */
function unique(statements: readonly VerifiedStatement[]): readonly VerifiedStatement[] {
  return [...new Map(statements.map((statement) => [toHex(statement.hash), statement])).values()].toSorted((a, b) => compareBytes(a.hash, b.hash))
}

function isOf<T extends NameStatement['t']>(
  t: T,
): (statement: VerifiedStatement) => statement is VerifiedStatement<Extract<NameStatement, { readonly t: T }>> {
  return (statement): statement is VerifiedStatement<Extract<NameStatement, { readonly t: T }>> => statement.value.t === t
}

const isClaim = isOf('name-claim')
const isGrant = isOf('name-grant')
const isDenial = isOf('name-denial')
const isRelease = isOf('name-release')
const isTransfer = isOf('name-transfer')
