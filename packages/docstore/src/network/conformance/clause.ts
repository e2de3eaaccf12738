import type { Examination } from './examination.ts'

/** A rule of the specification, and how to see whether a peer keeps it. */
export interface Clause {
  /** Stable name. */
  readonly id: string
  /** Page and section, such as `network §2.1`. */
  readonly section: string
  /** What the peer does that keeps it. */
  readonly rule: string
  /** Whether every peer must, only relays must, or it is advice. */
  readonly binds: 'all' | 'relays' | 'advice'
  /** Whether it leaves anything at the peer. */
  readonly writes?: boolean
  /** Resolves with what was seen. Throws `Unmet`, `NotTried`, or what went wrong, which is unmet too. */
  readonly look: (examination: Examination) => Promise<string>
}

/** What was found out about one clause. */
export interface Finding {
  readonly id: string
  readonly section: string
  readonly rule: string
  readonly required: boolean
  readonly result: 'met' | 'not met' | 'not tried'
  /** What the peer did, or why nothing was tried. */
  readonly seen: string
}
