/** Writes a whole number, seven bits a byte, the highest first. */
export function writeVarint(value: number, write: (byte: number) => void): void {
  const low: number[] = [value % 128]
  for (let rest = Math.floor(value / 128); rest > 0; rest = Math.floor(rest / 128)) low.push((rest % 128) + 128)
  for (const byte of low.toReversed()) write(byte)
}

/** A message that is being written. */
export class ByteWriter {
  #bytes = new Uint8Array(4096)
  #length = 0

  get length(): number {
    return this.#length
  }

  byte(value: number): void {
    this.#grow(1)
    this.#bytes[this.#length++] = value
  }

  varint(value: number): void {
    writeVarint(value, (byte) => this.byte(byte))
  }

  bytes(value: Uint8Array): void {
    this.#grow(value.length)
    this.#bytes.set(value, this.#length)
    this.#length += value.length
  }

  /** Takes back what was written after the first `length` bytes. */
  cut(length: number): void {
    this.#length = length
  }

  done(): Uint8Array {
    return this.#bytes.subarray(0, this.#length)
  }

  #grow(by: number): void {
    if (this.#length + by <= this.#bytes.length) return
    const grown = new Uint8Array(Math.max(this.#bytes.length * 2, this.#length + by))
    grown.set(this.#bytes)
    this.#bytes = grown
  }
}

/** A message that is being read. What is not there reads as `undefined`. */
export class ByteReader {
  readonly #bytes: Uint8Array
  #at = 0

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes
  }

  get isDone(): boolean {
    return this.#at >= this.#bytes.length
  }

  byte(): number | undefined {
    return this.#bytes[this.#at++]
  }

  varint(): number | undefined {
    let value = 0
    for (;;) {
      const byte = this.byte()
      if (byte === undefined) return undefined
      value = value * 128 + (byte & 127)
      if (!Number.isSafeInteger(value)) return undefined
      if (byte < 128) return value
    }
  }

  bytes(length: number): Uint8Array | undefined {
    if (this.#bytes.length - this.#at < length) return undefined
    return this.#bytes.subarray(this.#at, (this.#at += length))
  }
}
