/** A signed act as it is stored. */
export interface StoredAct {
  readonly hash: Uint8Array
  readonly bytes: Uint8Array
  readonly signature: Uint8Array
}

/** What is known of a log without its acts. */
export interface StoredLog {
  /** Digest of the id of the person, or of the namespace. */
  readonly log: Uint8Array
  /** Of a person; `undefined` where it is the roles of a namespace. */
  readonly genesis: Uint8Array | undefined
  /** Hashes of the acts that no other act follows. As each act names those before it, logs with equal tips are equal. */
  readonly tips: readonly Uint8Array[]
}

/** Which namespace needs a log, by the number of the namespace. */
export interface LogNeed {
  readonly ns: number
  readonly log: Uint8Array
  /** Whether others say that it needs it, and nobody wrote there for whom that is so. */
  readonly told: boolean
}

/** Number that stands for this peer itself among the namespaces that need a log. */
export const OWN_LOGS = 0

/** Logs of persons and of roles, and which namespaces need them. */
export interface LogStorage {
  /** All logs, in the order of their digests. */
  logs(): Promise<readonly StoredLog[]>
  logNeeds(): Promise<readonly LogNeed[]>
  /** The acts of a log, each after its parents; none where the log is not here. */
  acts(log: Uint8Array): Promise<readonly StoredAct[]>
  /**
   * Adds acts that are not here, or makes the log; `tips` is what it has with them. Every namespace that needs it, and the one that needs it from now on, takes a
   * position in its local order. Resolves with the numbers of those. What is `urgent` has room beyond the limit, all else throws `disk-full` there. `told`: see
   * `LogNeed`; a need that was only told of becomes one of its own, and does not come back.
   */
  addActs(log: StoredLog, acts: readonly StoredAct[], neededBy?: number, urgent?: boolean, told?: boolean): Promise<readonly number[]>
  /** Takes acts away that were signed here and that nobody else has; `tips` is what the log has without them. Resolves with the numbers of namespaces, as `addActs`. */
  dropActs(log: StoredLog, hashes: readonly Uint8Array[]): Promise<readonly number[]>
  /** Takes away a log that nobody needs; one that is needed stays. */
  dropLog(log: Uint8Array): Promise<void>
}
