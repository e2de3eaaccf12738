/** A record that somebody brings, as a policy is asked about it. */
export interface OfferedWrite {
  /** Who wrote it: the base58 part of a `did:key`, or the id of a person. */
  readonly by: string
  /** `undefined` of a delete, which names its document by a hash only. */
  readonly collection?: string
  readonly id?: string
  readonly isDelete: boolean
  /** Unix milliseconds, by the clock of its writer. */
  readonly at: number
  /** Bytes of its content. */
  readonly bytes: number
  /** The content, canonical JSON; of an update, the value of one field, whose names `path` has. */
  readonly content?: string
  readonly path?: readonly string[]
}

/** What somebody brings into a namespace at once. */
export interface OfferedWrites {
  readonly namespace: string
  /** Peer id of who brings it, who need not have written it, and its address. */
  readonly peer: string
  readonly address: string
  readonly writes: readonly OfferedWrite[]
}

/** Which of these writes are not to be stored, by their numbers from 0; `'all'` for all of them. */
export type Refused = readonly number[] | 'all'

/** Decides about what others bring, besides the rules of namespaces: a relay stores nothing that it refuses. */
export type IntakePolicy = (offered: OfferedWrites, signal: AbortSignal) => Refused | Promise<Refused>

/** How a policy is asked. */
export interface PolicyInit {
  readonly policy: IntakePolicy
  /** How long it may take, milliseconds. */
  readonly timeoutMs: number
  /** What is done where it fails or takes longer: `closed` stores nothing and says when to try again, `open` stores it. */
  readonly onFailure: 'open' | 'closed'
  /** Called with each failure. */
  readonly onError: (error: unknown) => void
}
