/** A device of a person. */
export interface DeviceInfo {
  /** `did:key` of the device. */
  readonly key: string
  /** What it is called; empty where nobody said. */
  readonly label: string
  /** ISO time at which it was added, as who added it said; absent for the first one. */
  readonly addedAt?: string
  /** ISO time since which nothing that it writes is taken; absent where it goes on. */
  readonly until?: string
  /** Who revoked it: `did:key` of a device, or `words`. */
  readonly revokedBy?: string
  /** Why: it was lost, so that nothing counts that it ever signed by itself, or retired, so that what it wrote until then stands. */
  readonly reason?: 'lost' | 'retired'
  readonly isThis: boolean
}

/** For whom this data signs. */
export interface PersonInfo {
  /** Id of the person; absent where this data signs for its own key alone. */
  readonly person?: string
  readonly devices: readonly DeviceInfo[]
  /**
   * `here`: the recovery words lie on this device, and perhaps nobody has written them down. `written`: they were typed here as they had been written down, and are here no more.
   * `elsewhere`: they are not here; another device may have them still, or somebody wrote them down.
   */
  readonly words: 'here' | 'written' | 'elsewhere'
}

/** How a device is revoked. */
export interface RevokeOptions {
  /** The device is in good hands: all that it wrote so far stands. */
  readonly retired?: boolean
  /** The recovery words, for the recovery key to do it. */
  readonly words?: string | readonly string[]
  /** When it was lost: a `Date`, Unix milliseconds, or ISO text. What it wrote after that, and roles that it gave, do not stay. Now without it. */
  readonly since?: Date | number | string
}

/** How a person is to be brought back. */
export interface RestoreOptions {
  /** What this device is called. */
  readonly label?: string
  /** Id of the person, where several name the recovery key of these words: anybody can. */
  readonly person?: string
  readonly timeoutMs?: number
  readonly signal?: AbortSignal
}

/** A person who is back. */
export interface RestoredPerson {
  readonly person: string
  readonly namespaces: readonly string[]
  /** Whether they show that the words are theirs. One who began with an earlier release does not, before the recovery key has signed something. */
  readonly isProved: boolean
}

/** What has changed about the person that this device did not do. */
export interface PersonEvent {
  /** `again`: one that was revoked acts again, because what revoked it does not count any more. */
  readonly type: 'added' | 'revoked' | 'again'
  /** `did:key` of the device. */
  readonly key: string
  readonly label: string
  /** A sentence for the user. */
  readonly message: string
}

/** What becomes of a link that adds a device. */
export type AddingEvent =
  /** A new device has come and shows a code, which is to be typed here. */
  | { readonly type: 'code'; readonly label: string; readonly key: string }
  /** It is a device of this person now. */
  | { readonly type: 'added'; readonly key: string; readonly label: string }

/** A link by which another device becomes one of this person's. */
export interface AddingDevice {
  /** One opaque text, good for ten minutes and one device. */
  readonly link: string
  /** What happens, until the new device has all it needs. Throws `pairing-ended`. */
  readonly events: AsyncIterable<AddingEvent>
  /**
   * Adds the device whose code was typed, and waits until it has what it needs, `timeoutMs` at most, a minute by default. `hasFetched`: whether it has; where it has not, it is a
   * device of this person, does not know it, and joins again with another link. Throws `wrong-check-code`, `pairing-ended`.
   */
  confirm(code: string, options?: { readonly timeoutMs?: number }): Promise<DeviceInfo & { readonly hasFetched: boolean }>
  /** Ends the link. */
  close(): Promise<void>
}

/** A device that is about to become one of a person's. */
export interface JoiningDevice {
  /** What this device shows; it is to be typed on the other one. */
  readonly code: string
  /** Id of the person. */
  readonly person: string
  /** Resolves once it is one, with the ids of the namespaces that come now. Throws `wrong-check-code`, `pairing-ended`, `device-unreachable`. */
  readonly joined: Promise<PersonInfo & { readonly namespaces: readonly string[] }>
}
