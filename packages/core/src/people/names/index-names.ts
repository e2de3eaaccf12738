export { lookalike, skeleton } from './confusables.ts'
export { type ClaimCase, type ClaimRefusal, decideClaim, decideDenial } from './decide-claim.ts'
export { displayNameFault } from './display-name.ts'
export { type DomainName, MAX_NAMES_FILE_BYTES, NAMES_PATH, personInFile, readDomainName, showDomainName } from './domain-name.ts'
export { CLAIM_AGE_MS, GRACE_MS, LEASE_MS, MAX_NAMES_PER_PERSON, MAX_STATEMENT_BYTES, QUARANTINE_MS, RENEWAL_MS } from './limits.ts'
export {
  type ActsFor,
  deniedClaims,
  denialsNeeded,
  type DoubleGrant,
  isDoubleGrant,
  type NameState,
  nameState,
  type NameStateInit,
} from './name-state.ts'
export { readShortId, shortId, withShortId } from './short-id.ts'
export {
  claimName,
  denyName,
  grantName,
  isNameAuthority,
  type NameClaim,
  type NameDenial,
  type NameGrant,
  type NameRelease,
  type NameStatement,
  type NameTransfer,
  readVerified,
  releaseName,
  transferName,
  type VerifiedStatement,
  verifyStatement,
} from './statements.ts'
export { type NameFault, normalUsername, usernameFault } from './username.ts'
