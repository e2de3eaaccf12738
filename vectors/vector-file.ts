/** One file of vectors. `context` holds what all of its cases share. */
export interface VectorFile {
  readonly description: string
  readonly context?: Readonly<Record<string, unknown>>
  readonly valid: readonly Readonly<Record<string, unknown>>[]
  readonly invalid: readonly Readonly<Record<string, unknown>>[]
}

/** A vector file as it lies on disk. */
export function vectorText(file: VectorFile): string {
  return `${JSON.stringify(file, null, 2)}\n`
}
