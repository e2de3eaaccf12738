import type { DecodedGenesis, SignedHead } from '../model/namespace.ts'
import type { RecordScope } from '../model/record.ts'

/** A namespace that is in use: what its records are judged by. */
export interface OpenNamespace {
  /** The storage's number for it. */
  readonly ns: number
  readonly id: string
  readonly genesis: DecodedGenesis
  readonly head: SignedHead
  readonly scope: RecordScope
}
