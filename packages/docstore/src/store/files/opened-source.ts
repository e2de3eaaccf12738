/** A source that is read once. */
export interface OpenedSource {
  readonly pieces: AsyncIterable<Uint8Array> | Iterable<Uint8Array>
  /** How many bytes come, where that is known before. */
  readonly size: number | undefined
  /** What the source itself says it is. */
  readonly name: string | undefined
  readonly type: string | undefined
}
