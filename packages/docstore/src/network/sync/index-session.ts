// What compares and answers: a page loads it after what it needs to open its data.
export { NamespaceMoves, Responder, Session } from '@p2p-docstore/core'
export { movedBy, syncRelays } from './sync-relays.ts'
