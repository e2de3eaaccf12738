/** Thrown where a schema cannot be judged by, with the reason as the end of a sentence about what stands at `path` in it. */
export class SchemaFault extends Error {
  readonly path: readonly (string | number)[]

  constructor(reason: string, path: readonly (string | number)[] = []) {
    super(reason)
    this.path = path
  }
}
