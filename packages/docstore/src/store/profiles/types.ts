import type { ProfileFacts } from '@p2p-docstore/core'

/** Who somebody is, as far as it is known here. */
export interface KnownPerson {
  /** `did:key` of the identity. */
  readonly person: string
  /** Id of the namespace that is the profile. */
  readonly namespace: string
  /**
   * What to show: the petname that was given here, else the display name, with the short id where somebody else who is known here has one that looks like it, else
   * a short form of the identity. One line, without characters that are not seen.
   */
  readonly label: string
  /** The end of the profile's id: tells people of one name apart. */
  readonly shortId: string
  readonly isMe: boolean
  /** What this identity calls him. */
  readonly petname?: string
  /** What he says of himself; nobody vouches for it. */
  readonly static: ProfileFacts
  readonly isFollowed: boolean
  readonly isBlocked: boolean
  /** Whether he has a profile, as far as anybody who was asked knew. */
  readonly hasProfile: boolean
  /** When this was last heard, Unix milliseconds; absent where nobody was asked yet. Of a profile that is here it is now. */
  readonly at?: number
}

/** What changes often in a profile. */
export interface DynamicProfile {
  /** A line about now, and when it was set, Unix milliseconds by its writer's clock. */
  readonly status?: { readonly text: string; readonly at: number }
  /** Addresses by their labels. */
  readonly links: Readonly<Record<string, string>>
}

/** A profile whole. */
export interface Profile extends KnownPerson {
  readonly dynamic: DynamicProfile
}

/** What was written about somebody in the profile of this identity. */
export interface Contact {
  readonly follow: boolean
  readonly block: boolean
  readonly petname: string | undefined
}
