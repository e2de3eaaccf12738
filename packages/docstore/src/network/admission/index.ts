export { type Admission, openAdmission } from './admission.ts'
export { type AddressBook, Doorkeeper, type DoorkeeperComponents, PROVIDER_TAG } from './doorkeeper.ts'
export { decodeHello, encodeHello, type Hello, helloProtocol } from './hello.ts'
export {
  checkInvitation,
  decodeInvitation,
  encodeInvitation,
  type Invitation,
  knownInvitation,
  MEMBERSHIP,
  rememberInvitation,
  verifyPacked,
} from './invitation.ts'
export { type InvitationInit, Invitations, type IssuedInvitation } from './invitations.ts'
export { Misconduct, type Misdeed } from './misconduct.ts'
export { ownIdentity } from './own-identity.ts'
export { readNetwork } from './read-network.ts'
export { fetchWellKnown, WELL_KNOWN_PATH, type WellKnown } from './well-known.ts'
