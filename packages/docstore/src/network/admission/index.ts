export { type Admission, openAdmission } from './admission.ts'
export { type AddressBook, Doorkeeper, type DoorkeeperComponents, PROVIDER_TAG } from './doorkeeper.ts'
export { decodeHello, encodeHello, type Hello, helloProtocol } from './hello.ts'
export { forgetInvitation, type Invitation, knownInvitation, rememberInvitation, verifyPacked } from './invitation.ts'
export { type InvitationInit, Invitations, type IssuedInvitation } from './invitations.ts'
export {
  fetchWellKnown,
  formatJoinLink,
  type JoinLink,
  type JoinLinkExtras,
  parseJoinLink,
  readNetwork,
  WELL_KNOWN_PATH,
  type WellKnown,
} from './join-link.ts'
export { Misconduct, type Misdeed } from './misconduct.ts'
export { ownIdentity } from './own-identity.ts'
