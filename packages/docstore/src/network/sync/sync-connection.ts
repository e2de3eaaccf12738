import type { Connection } from '@libp2p/interface'
import {
  DocstoreError,
  errorCode,
  type Keeping,
  type Ledger,
  type NamespaceSync,
  type Parts,
  type PeerClock,
  type Replica,
  type Role,
  type Session,
} from '@p2p-docstore/core'
import { delay } from '../timing/index.ts'
import { openExchange, syncProtocol } from './streams.ts'
import type { Via } from '../types.ts'

/** What a peer brings into its sync sessions. */
export interface SyncInit {
  readonly replica: Replica
  readonly networkId: string
  readonly role: Role
  readonly ledgerOf: (peer: string) => Ledger
  /** What is known of a peer's clock; that of a relay `counts`, which this peer looks after itself. */
  readonly clockOf?: (peer: string, options: { readonly counts: boolean }) => PeerClock
  /** Called when a peer held something of ours back because it lies in its future. */
  readonly onHeld?: () => void
  /** Wall clock, Unix milliseconds. */
  readonly now?: () => number
  /** Namespaces to keep equal, and whether one of them is to be with this peer. */
  readonly wanted: ReadonlySet<string>
  readonly shares?: (peer: string, ns: string) => boolean
  /** Which parts of one are to be equal on both sides; `undefined` for all of it. */
  readonly partsOf?: (peer: string, ns: string) => Promise<Parts | undefined>
  /** Called when the state of a namespace with a peer has changed. */
  readonly onSync: (ns: string) => void
  /** Called with all namespaces of a peer, where whatever it has is to be kept here too. */
  readonly onNamespaces?: (ids: readonly string[]) => void
  /** Whether others see to it that what is here and what the peer has is equal. */
  readonly isComparedElsewhere?: (peer: string) => boolean
}

/** A peer with which namespaces are kept equal. */
export interface SyncPeer {
  /** Its peer id, or where it was found while that is all that is known. */
  readonly id: string
  /** Its peer id, once it was reached. */
  readonly peer: string | undefined
  readonly via: Via | undefined
  /** Whether it keeps what it gets for others. */
  readonly role: 'relay' | 'peer'
  /** The session of the current connection. */
  readonly session: Session | undefined
  /** How the namespaces stand with it, or stood when the last session ended. */
  readonly status: Map<string, NamespaceSync>
  /** Why the last attempt to reach it failed, or the last session ended. */
  readonly error: string | undefined
  /** Resolves with the session as soon as there is one. */
  untilSession(signal: AbortSignal): Promise<Session>
}

/**
 * Keeps the wanted namespaces equal with the peer at the other end of a connection, until the signal aborts (resolves) or the connection
 * fails (rejects). Closes the connection: a session that failed on a living one begins again on a new one.
 */
export async function syncConnection(
  connection: Connection,
  {
    replica,
    networkId,
    role,
    ledgerOf,
    clockOf,
    now = Date.now,
    wanted,
    shares,
    partsOf,
    onSync,
    onHeld,
    onNamespaces,
    isComparedElsewhere,
  }: SyncInit,
  {
    status,
    isRelayLink = false,
    decided,
    keeping,
    onStart,
    signal,
  }: {
    status: Map<string, NamespaceSync>
    isRelayLink?: boolean
    /** Resolves when it is decided whether the other side lets this peer in: sync begins before that. */
    decided?: () => Promise<void>
    /** What the other side does with namespaces, by its greeting. */
    keeping?: () => Keeping
    onStart: (session: Session) => void
    signal: AbortSignal
  },
): Promise<void> {
  const { Session } = await import('./index-session.ts')
  const closed = new AbortController()
  const onClose = (): void => closed.abort()
  connection.addEventListener('close', onClose, { once: true })
  if (connection.status !== 'open') onClose()
  const peer = connection.remotePeer.toString()
  const clock = clockOf?.(peer, { counts: isRelayLink })
  const session = new Session({
    replica,
    role,
    ledger: ledgerOf(peer),
    openExchange: async (abort) => {
      const exchange = await openExchange(connection, syncProtocol(networkId), abort)
      if (keeping === undefined) return exchange
      // The greeting, which says what the other side does, was answered before this was, and may be read a moment later.
      const answered = async (frame: Uint8Array): Promise<Uint8Array> => {
        const answer = await exchange.exchange(frame)
        await decided?.()
        return answer
      }
      return { exchange: answered, close: () => exchange.close() }
    },
    ...(keeping === undefined ? {} : { keeping }),
    now,
    delay,
    status,
    onChange: onSync,
    ...(clock === undefined ? {} : { clock }),
    ...(onHeld === undefined ? {} : { onHeld }),
    ...(partsOf === undefined ? {} : { partsOf: (ns) => partsOf(peer, ns) }),
    ...(onNamespaces === undefined ? {} : { onNamespaces }),
    isComparedElsewhere: () => isComparedElsewhere?.(peer) === true,
    onStart: () => {
      // Only now, and in one step with it becoming known: what is wanted while the two greet belongs to it too.
      for (const ns of wanted) if (shares?.(peer, ns) !== false) session.want(ns)
      onStart(session)
    },
  })
  try {
    await session.run(AbortSignal.any([signal, closed.signal]))
  } catch (error) {
    // What does not speak sync may be none of ours at all: the greeting, which would be cut off, says which.
    if (errorCode(error) === 'unsupported-protocol') await decided?.()
    throw error
  } finally {
    connection.removeEventListener('close', onClose)
    await connection
      .close({ signal: AbortSignal.timeout(1000) })
      .catch((error: unknown) => connection.abort(error instanceof Error ? error : new Error('failed')))
  }
  if (closed.signal.aborted) throw new DocstoreError('connection-lost', 'The connection was lost')
}
