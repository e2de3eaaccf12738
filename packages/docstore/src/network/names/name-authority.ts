import { DocstoreError, equalBytes, type Identity, type Network, type Replica, type Signed } from '@p2p-docstore/core'
import {
  type ClaimRefusal,
  decideClaim,
  decideDenial,
  type NameClaim,
  type NameDenial,
  type NameGrant,
  type VerifiedStatement,
  verifyStatement,
} from '@p2p-docstore/core/people/names'
import { actsForOf } from './acts-for.ts'
import type { NameKeeper } from './name-keeper.ts'

export interface NameAuthorityInit {
  readonly replica: Pick<Replica, 'devicesOf'>
  readonly network: Network
  readonly identity: Identity
  readonly keeper: NameKeeper
  /** Unix milliseconds. */
  readonly now: () => number
}

/** Grants usernames with the key of this data, which the network names for that. */
export class NameAuthority {
  readonly #init: NameAuthorityInit

  constructor(init: NameAuthorityInit) {
    this.#init = init
  }

  /** Grants a claim, which is flushed to the disk when it resolves: so it is never granted to another one, whatever happens to this process or to the power. Throws a `ClaimRefusal`, `names-full`, and why the claim is none. */
  async claim(claim: Signed): Promise<Signed> {
    const value = await this.#read(claim)
    const { keeper } = this.#init
    let grant: VerifiedStatement | undefined
    let isNew = false
    const stored = await keeper.change(value.value.name, async (known) => {
      const decided = await this.#decide(value, known)
      const before = known.find((one) => this.#isGrantOf(one, value))
      grant = before ?? decided
      isNew = before === undefined
      return isNew ? [value, decided] : []
    })
    if (grant === undefined || (isNew && stored === 0)) throw new DocstoreError('names-full', 'The authority has no room for another name')
    return grant.signed
  }

  /**
   * Says that a claim is never granted here, which is on disk when it resolves. Throws `not-allowed` where it may still be, or was; and why the claim is none. What others have granted of it has to be known
   * here, so that nobody can have claims kept that they made up.
   */
  async deny(claim: Signed): Promise<Signed> {
    const value = await this.#read(claim)
    const { network, identity, keeper, replica, now } = this.#init
    let denial: VerifiedStatement | undefined
    let isNew = false
    const stored = await keeper.change(value.value.name, async (known) => {
      denial = known.find((one) => one.value.t === 'name-denial' && this.#isOwn(one.value, value))
      if (denial !== undefined) return []
      const actsFor = await actsForOf(replica, [...known, value])
      const decided = decideDenial(value, { network, authority: identity, statements: known, actsFor, now: now() })
      if (!decided.ok) throw new DocstoreError(decided.reason, 'The authority may still grant this claim, or has granted it')
      denial = decided.denial
      isNew = true
      return [decided.denial]
    })
    if (denial === undefined || (isNew && stored === 0)) throw new DocstoreError('names-full', 'The authority has no room for it')
    return denial.signed
  }

  async #read(claim: Signed): Promise<VerifiedStatement<NameClaim>> {
    const verdict = await verifyStatement(claim, this.#init.network)
    if (!verdict.ok) throw new DocstoreError(verdict.reason, 'The claim cannot be read, or is not signed by who it says')
    if (!isClaim(verdict.value)) throw new DocstoreError('malformed', 'That is no claim')
    return verdict.value
  }

  #isOwn(value: NameGrant | NameDenial, claim: VerifiedStatement<NameClaim>): boolean {
    return equalBytes(value.by, this.#init.identity.author) && equalBytes(value.claim, claim.hash)
  }

  /** Who asks again, because the answer was lost, gets the same one. */
  #isGrantOf({ value }: VerifiedStatement, claim: VerifiedStatement<NameClaim>): boolean {
    return value.t === 'name-grant' && this.#isOwn(value, claim)
  }

  async #decide(claim: VerifiedStatement<NameClaim>, known: readonly VerifiedStatement[]): Promise<VerifiedStatement> {
    const { replica, network, identity, keeper, now } = this.#init
    const { name, person } = claim.value
    const others = new Set([...(await keeper.known.alike(name)), ...(await keeper.known.claimedBy(person))])
    others.delete(name)
    const statements = [...known]
    for (const other of others) statements.push(...(await keeper.known.about(other)))
    const actsFor = await actsForOf(replica, [...statements, claim])
    const decided = decideClaim(claim, { network, authority: identity, statements, actsFor, now: now() })
    if (!decided.ok) throw new DocstoreError(decided.reason, REFUSALS[decided.reason](name))
    return decided.grant
  }
}

const REFUSALS: Readonly<Record<ClaimRefusal, (name: string) => string>> = {
  'no-name-authority': () => 'This peer grants no names',
  'not-allowed': () => 'This device does not act for the person, as far as the authority knows',
  'name-taken': (name) => `Somebody has the name ${name}`,
  'name-quarantined': (name) => `Somebody gave the name ${name} up not long ago, and nobody else gets it yet`,
  'name-confusable': (name) => `Somebody has a name that looks like ${name}`,
  'name-late': () => 'The claim is of another time. Is the clock of this device right?',
  'name-early': (name) => `You have the name ${name}; it can be renewed in the last 60 days`,
  'too-many-names': () => 'A person has three names at most. Release one first',
}

function isClaim(statement: VerifiedStatement): statement is VerifiedStatement<NameClaim> {
  return statement.value.t === 'name-claim'
}
