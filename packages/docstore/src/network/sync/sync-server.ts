import type { Connection, Stream } from '@libp2p/interface'
import { DocstoreError, type Intake, type Ledger, type Parts, type PeerClock, type Replica, type Role } from '@p2p-docstore/core'
import type { Misconduct } from '../admission/index.ts'
import { MAX_INBOUND_STREAMS, MAX_STREAMS_PER_CONNECTION } from '../limits.ts'
import { delay } from '../timing/index.ts'
import type { NamespaceMoves, Responder } from './index-session.ts'
import { answerStream, syncProtocol, type Streams } from './streams.ts'

/** What answering the sync requests of others takes. */
export interface SyncServerInit {
  readonly replica: Replica
  readonly role: Role
  readonly misconduct: Misconduct
  readonly ledgerOf: (peer: string) => Ledger
  readonly clockOf: (peer: string) => PeerClock
  readonly now: () => number
  /** Whether anything is kept for others. */
  readonly keeps: boolean
  /** Whether a peer of this role may bring a namespace here, which is split so often where that is known. */
  readonly takes: (ns: string, from: Role, split?: number) => boolean
  /** Gets a namespace here that a peer asks for, or some parts of it, if it can. Throws `busy` where it would not be whole. */
  readonly bring?: ((ns: string, parts: Parts | undefined) => Promise<void>) | undefined
  /** What stands between a peer and the store, at a relay. */
  readonly intakeOf?: ((connection: Connection) => Intake) | undefined
  /** Called when a peer was seen to keep a namespace. */
  readonly onKeeper: (peer: string, ns: string) => void
}

/** Answers every stream of the sync protocol, in a network. */
export async function serveSync(libp2p: Streams, networkId: string, init: SyncServerInit): Promise<void> {
  const { NamespaceMoves, Responder } = await import('./index-session.ts')
  const moves = new NamespaceMoves(init.replica)
  const handler = (stream: Stream, connection: Connection): Promise<void> => answer(stream, connection, { ...init, moves }, Responder)
  // Counted by `answer`, which knows whose streams are too many; this is what a connection may have in all.
  await libp2p.handle(syncProtocol(networkId), handler, { maxInboundStreams: MAX_STREAMS_PER_CONNECTION })
}

async function answer(
  stream: Stream,
  connection: Connection,
  init: SyncServerInit & { readonly moves: NamespaceMoves },
  Answering: typeof Responder,
): Promise<void> {
  const { moves, replica, role, misconduct, ledgerOf, clockOf, now, keeps, takes, bring, intakeOf, onKeeper } = init
  const peer = connection.remotePeer.toString()
  const count = connection.streams.filter(({ direction, protocol }) => direction === 'inbound' && protocol === stream.protocol).length
  if (count > MAX_INBOUND_STREAMS) {
    misconduct.note(peer, 'too-many-streams')
    stream.abort(new DocstoreError('too-many-streams', `One connection has at most ${MAX_INBOUND_STREAMS} streams for sync`))
    return
  }
  const responder = new Answering({
    replica,
    role,
    ledger: ledgerOf(peer),
    moves,
    now,
    clock: clockOf(peer),
    delay,
    keeps,
    isWanted: takes,
    ...(bring === undefined ? {} : { bring }),
    ...(intakeOf === undefined ? {} : { intake: intakeOf(connection) }),
    onNamespace: (ns) => onKeeper(peer, ns),
    onViolation: (violation) => misconduct.note(peer, violation),
  })
  await answerStream(stream, responder, (misdeed) => misconduct.note(peer, misdeed))
}
