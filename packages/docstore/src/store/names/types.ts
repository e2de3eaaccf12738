/** How it stands with a username. */
export interface NameInfo {
  readonly name: string
  /**
   * `held`: somebody has it. `grace`: the lease has run out, and only the holder can renew it. `quarantine`: somebody had it not long ago, and nobody else gets it yet. `free`: whoever claims it
   * first gets it.
   */
  readonly state: 'free' | 'held' | 'grace' | 'quarantine'
  /** Id of the person who has it. */
  readonly person?: string
  /** Id of the person who had it, in its quarantine. */
  readonly last?: string
  /** ISO time until which it stays as it is. */
  readonly until?: string
  /** `did:key`s of authorities that gave it to two persons; absent where none did. */
  readonly doubles?: readonly string[]
}

/** How long to wait for others. */
export interface NameOptions {
  readonly timeoutMs?: number
  readonly signal?: AbortSignal
}
