/** Why remote bytes were refused. Stable: peers and users see these words. */
export type Refusal =
  | 'malformed' // not the canonical encoding, or not the shape, that is expected
  | 'not-canonical' // text (JSON of a document, base64url of a descriptor) that says what it says in another form than the one that it has
  | 'too-large' // more bytes than such a thing may have
  | 'wrong-network'
  | 'wrong-namespace'
  | 'bad-signature'
  | 'bad-key' // a public key that strict ed25519 does not accept
  | 'not-sealed' // the record's hash is not in its seal
  | 'bad-content' // content is not a document, or not the one that the record names
  | 'not-allowed' // the write policy of the namespace does not let this author write here, or it has ended
  | 'against-rules' // the rules in the head of the namespace do not let a document or an edit say this
  | 'future' // the record's time lies too far ahead of our clock; it may be accepted later
  | 'unknown-person' // the log of the person for whom it is signed is not here; it may be accepted after that
  | 'epoch-ahead' // a head of an epoch that the log of its owner, as far as it is here, has not reached; it may be accepted after that
  | 'no-device' // the key is no device of the person for whom it signs
  | 'revoked' // the key, or the role, was taken away before that time
  | 'removed' // a moderator of the namespace removed it
  | 'quota' // there is no room for it; it may be accepted when there is
  | 'expired' // it held until a time that is over
  | 'bad-profile' // a name or text in a profile has characters that are not seen or change the order of others, or is too long
  | 'unsupported' // a version or policy that this release does not know

/** What a decoder returns: a value, or the reason why there is none. Decoders never throw on remote bytes. */
export type Verdict<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly reason: Refusal }

/** Wraps a good value. */
export function accept<T>(value: T): Verdict<T> {
  return { ok: true, value }
}

/** A refusal with its reason. */
export function refuse(reason: Refusal): { readonly ok: false; readonly reason: Refusal } {
  return { ok: false, reason }
}
