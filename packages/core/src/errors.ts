import type { ErrorCode } from './error-codes.ts'

/** What belongs to an error besides its sentence. */
interface ErrorExtras {
  readonly cause?: unknown
  readonly details?: Readonly<Record<string, unknown>>
}

/**
 * The one error class of the project. Match on `code`, which is stable; the message is a sentence for people
 * that says what happened and, where there is one, what to do.
 */
export class DocstoreError extends Error {
  override readonly name = 'DocstoreError'
  /** An `ErrorCode`, or one that only another version of this program knows: errors of peers and other programs keep theirs. */
  readonly code: string
  /** Facts that belong to the error, as plain JSON. */
  readonly details: Readonly<Record<string, unknown>>

  constructor(code: ErrorCode, message: string, { cause, details = {} }: ErrorExtras = {}) {
    super(message, cause === undefined ? undefined : { cause })
    this.code = code
    this.details = details
  }

  /** An error with the code of one that was caught, or that happened on another peer, in another process or tab. */
  static passedOn(code: string, message: string, extras?: ErrorExtras): DocstoreError {
    return new DocstoreError(code as ErrorCode, message, extras)
  }
}

/** The stable `code` of whatever was thrown, `'unknown'` where it has none. */
export function errorCode(error: unknown): string {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : 'unknown'
}

/** The message of whatever was thrown. */
export function errorMessage(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
