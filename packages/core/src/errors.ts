/**
 * The one error class of the project. Match on `code`, which is stable; the message is a sentence for people
 * that says what happened and, where there is one, what to do.
 */
export class DocstoreError extends Error {
  override readonly name = 'DocstoreError'
  readonly code: string
  /** Facts that belong to the error, as plain JSON. */
  readonly details: Readonly<Record<string, unknown>>

  constructor(code: string, message: string, { cause, details = {} }: { cause?: unknown; details?: Readonly<Record<string, unknown>> } = {}) {
    super(message, cause === undefined ? undefined : { cause })
    this.code = code
    this.details = details
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
