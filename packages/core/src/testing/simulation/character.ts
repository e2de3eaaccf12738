/**
 * What can be wrong with a relay: nothing; it says to serve all sectors; it says to have, and to be equal with, whatever it is asked about, and keeps
 * nothing; it offers more than it has; two of them have one key, each with a disk of its own.
 */
export type Character = 'honest' | 'claims-all' | 'keeps-nothing' | 'boasts' | 'twin'
