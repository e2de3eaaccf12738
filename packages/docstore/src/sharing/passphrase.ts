/** What opens a locked identity; a function is asked whenever the data is opened. */
export type Passphrase = string | (() => string | undefined)

/** The passphrase as it is now. */
export function passphraseOf(given: Passphrase | undefined): string | undefined {
  return typeof given === 'function' ? given() : given
}
