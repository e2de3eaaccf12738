import type { PolicyInit } from './intake-policy.ts'

/** How much a relay does for others. Each has a value where nothing is chosen (`DEFAULT_LIMITS`). */
export interface RelayLimits {
  /** Peers that others can reach through it. */
  readonly places?: number
  /** Topics that it passes on because of one peer. */
  readonly topicsPerPeer?: number
  /** Records that one identity, and one peer, may write each second on average, and before that counts. From one address, eight times as many. */
  readonly writesPerSecond?: number
  readonly writesAtOnce?: number
  /** Requests that bring something which are answered each second without a pause, of one peer. */
  readonly requestsPerSecond?: number
  /** Requests of one address that are worked on at once. */
  readonly requestsPerAddress?: number
  /** Namespaces that one identity may own here, and that one peer may bring within an hour; from one address, four times as many. */
  readonly namespacesPerIdentity?: number
  /** What the documents of one identity may take, bytes. */
  readonly bytesPerIdentity?: number
  /** Who may write here, where that are not all; who may not; whom no limit concerns. Each is a `did:key`, the id of a person, a peer id or an IP address. */
  readonly allow?: readonly string[]
  readonly deny?: readonly string[]
  readonly trust?: readonly string[]
  /** Called whenever somebody met a limit, and had to wait or was refused, with its name. */
  readonly onMet?: (limit: string) => void
  /** What else decides about what is written. */
  readonly policy?: PolicyInit
}

const MIB: number = 1024 ** 2

/** What holds where nothing is chosen: far above what people and honest programs do, and below what one of them could use up for the others. */
export const DEFAULT_LIMITS: Required<Omit<RelayLimits, 'places' | 'allow' | 'deny' | 'trust' | 'onMet' | 'policy'>> = {
  // An import of a million documents ends within half an hour; a program that writes for ever does not take more than this.
  writesPerSecond: 1000,
  writesAtOnce: 500_000,
  // Who writes more often than that brings several records at once from then on, which costs everybody less.
  requestsPerSecond: 50,
  requestsPerAddress: 64,
  namespacesPerIdentity: 2500,
  bytesPerIdentity: 2048 * MIB,
  topicsPerPeer: 100,
}
