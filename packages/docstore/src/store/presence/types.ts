/** Somebody who is in a place now. */
export interface Present {
  /** Id of the person, where it is known that this device is theirs; else the `did:key` of the device. */
  readonly who: string
  /** `did:key` of the device. */
  readonly device: string
  /** The person that the device says it is of, where nothing here shows that, or not yet. */
  readonly claims?: string
  readonly isMe: boolean
  /** What they say of what they do here: one line. */
  readonly note?: string
  /** ISO time, by the clock here, at which they were first heard. */
  readonly since: string
}

/** What somebody says about themselves in a place. */
export interface PresenceOptions {
  /** One line of at most 128 characters, for everybody in the place. */
  readonly note?: string
}

/** A stay in a place. */
export interface Stay extends AsyncDisposable {
  /** Says something else; `undefined` for nothing. Throws `bad-note`. */
  note(text: string | undefined): Promise<void>
  /** Says that this store is gone from there. */
  leave(): Promise<void>
}
