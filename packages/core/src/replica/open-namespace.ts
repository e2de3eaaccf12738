import type { DecodedGenesis, SignedHead } from '../model/namespace/namespace.ts'
import type { RecordScope } from '../model/record.ts'
import type { LostChange } from './heads/lost-change.ts'

/** A namespace that is in use: what its records are judged by. */
export interface OpenNamespace {
  /** The storage's number for it. */
  readonly ns: number
  readonly id: string
  readonly genesis: DecodedGenesis
  readonly head: SignedHead
  readonly scope: RecordScope
  /** What was changed in its head on one device of the owner, and another one won over. */
  readonly lost?: LostChange
}
