import { cidOf, DAG_CBOR, equalBytes, type Network, toHex } from '@p2p-docstore/core'
import {
  type ActsFor,
  GRACE_MS,
  type NameClaim,
  type NameDenial,
  type NameGrant,
  type NameRelease,
  nameState,
  type NameTransfer,
  QUARANTINE_MS,
  type VerifiedStatement,
} from '@p2p-docstore/core/people/names'
import { AHEAD_MS, MAX_STATEMENTS, MAX_WORDS } from './limits.ts'

/** What a holder says of a name. */
type Word = VerifiedStatement<NameRelease | NameTransfer>

/** A claim with what authorities granted of it, and which of them deny it. */
interface Granted {
  readonly claim: VerifiedStatement<NameClaim>
  readonly grants: readonly VerifiedStatement<NameGrant>[]
  readonly denials: readonly VerifiedStatement<NameDenial>[]
}

export interface KeptInit {
  readonly network: Network
  readonly name: string
  readonly actsFor: ActsFor
  /** Unix milliseconds. */
  readonly now: number
}

/**
 * Which statements about one name are kept, of those that are known and others that came: claims with a grant, and what holders said of giving the name up. So nobody fills a disk to whom no authority ever
 * granted anything. What ran out longer ago than anybody asks goes; where there is too much all the same, the oldest does.
 */
export function keptStatements(
  known: readonly VerifiedStatement[],
  more: readonly VerifiedStatement[],
  init: KeptInit,
): readonly VerifiedStatement[] {
  const { network, now } = init
  const isKnown = new Set(known.map(({ hash }) => toHex(hash)))
  const all = [...new Map([...known, ...more].map((statement) => [toHex(statement.hash), statement])).values()]
  const quorum = network.descriptor.names?.quorum ?? 1
  const lasting = grantedClaims(all).filter(({ grants }) => endOf(grants) + GRACE_MS + QUARANTINE_MS > now)
  // Claims that too few authorities granted give way first, then the oldest.
  const isWhole = ({ grants }: Granted): number => Number(grants.length >= quorum)
  let granted = lasting.toSorted((a, b) => isWhole(a) - isWhole(b) || a.claim.value.at - b.claim.value.at)
  const size = (): number => granted.reduce((sum, { grants, denials }) => sum + grants.length + denials.length + 1, 0)
  while (granted.length > 1 && size() > MAX_STATEMENTS / 2) granted = granted.slice(1)
  const claims = granted.flatMap(({ claim, grants, denials }): readonly VerifiedStatement[] => [claim, ...grants, ...denials])
  const words = all.filter(isWord)
  const transfers = words.filter(({ value }) => value.t === 'name-transfer')
  const meant = words.filter((word) => isKnown.has(toHex(word.hash)) || isByHolder(word, [...claims, ...transfers], init))
  return [...claims, ...someOfEach(meant, claims, init).slice(0, MAX_STATEMENTS - claims.length)]
}

/** Of each person that claimed the name as many as are kept. Those of devices that were revoked since give way. */
function someOfEach(words: readonly Word[], claims: readonly VerifiedStatement[], { actsFor }: KeptInit): readonly Word[] {
  const counts = new Map(claims.map(({ value }) => [toHex(value.person), 0]))
  const acts = ({ value }: Word): number => Number(actsFor(cidOf(DAG_CBOR, value.person), value.by, value.at))
  return words
    .toSorted((a, b) => acts(b) - acts(a))
    .filter(({ value }) => {
      const count = counts.get(toHex(value.person))
      if (count === undefined || count >= MAX_WORDS) return false
      counts.set(toHex(value.person), count + 1)
      return true
    })
}

/** Whether somebody who held the name then says this of it. */
function isByHolder(
  { value: { person, by, at } }: Word,
  statements: readonly VerifiedStatement[],
  { network, name, actsFor, now }: KeptInit,
): boolean {
  if (at > now + AHEAD_MS || !actsFor(cidOf(DAG_CBOR, person), by, at)) return false
  const state = nameState({ network, name, statements, actsFor, now: at })
  return (state.state === 'held' || state.state === 'grace') && equalBytes(state.person, person)
}

function isWord(statement: VerifiedStatement): statement is Word {
  return statement.value.t === 'name-release' || statement.value.t === 'name-transfer'
}

/** Claims that an authority granted at least. */
function grantedClaims(statements: readonly VerifiedStatement[]): readonly Granted[] {
  const grants = statements.filter((one): one is VerifiedStatement<NameGrant> => one.value.t === 'name-grant')
  const denials = statements.filter((one): one is VerifiedStatement<NameDenial> => one.value.t === 'name-denial')
  return statements
    .filter((one): one is VerifiedStatement<NameClaim> => one.value.t === 'name-claim')
    .map((claim) => {
      const isOfIt = ({ value }: VerifiedStatement<NameGrant | NameDenial>): boolean =>
        equalBytes(value.claim, claim.hash) && equalBytes(value.person, claim.value.person)
      return { claim, grants: grants.filter(isOfIt), denials: denials.filter(isOfIt) }
    })
    .filter((one) => one.grants.length > 0)
}

function endOf(grants: readonly VerifiedStatement<NameGrant>[]): number {
  return Math.max(...grants.map(({ value }) => value.until))
}
