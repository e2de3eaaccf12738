import type { Refusal } from '../model/verdict.ts'
import type { Written } from '../replica/types.ts'

/**
 * Looks at what a peer brings before it is stored. What it throws is answered, with the milliseconds after which to try again where the details of the
 * error have them as `retryMs`.
 */
export interface Intake {
  /** Works on a request, when it is the peer's turn. Throws `too-many-requests`. */
  during<T>(kind: 'read' | 'write', signal: AbortSignal, work: () => Promise<T>): Promise<T>
  /** To be called before a namespace with this genesis is taken that is not here. Throws `too-many-namespaces`, `denied`. */
  namespace(genesis: Uint8Array): Promise<void>
  /** To be called before a batch is judged: the records that are not to be stored, by their numbers. Throws `too-fast`, `denied`, `policy-failed`. */
  batch(ns: string, batch: Uint8Array, signal: AbortSignal): Promise<ReadonlyMap<number, Refusal | 'quota'>>
  /** To be called with what was stored. */
  stored(written: readonly Written[]): void
}
