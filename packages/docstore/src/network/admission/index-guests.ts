export { noteGuest, takeBackInvitations } from './device-invitations.ts'
