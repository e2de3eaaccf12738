/** Where random numbers come from. Tests bring their own, which a seed determines. */
export interface Random {
  /** At least 0, below 1. */
  next(): number
  bytes(length: number): Uint8Array<ArrayBuffer>
}

/** Random numbers that nobody can foresee. */
export const secureRandom: Random = {
  next: () => (crypto.getRandomValues(new Uint32Array(1))[0] ?? 0) / 2 ** 32,
  bytes: (length) => crypto.getRandomValues(new Uint8Array(length)),
}
