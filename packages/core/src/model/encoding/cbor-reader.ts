import { fromUtf8 } from '../bytes.ts'

/**
 * Reads canonical dag-cbor of a known shape: strict like `decodeCbor`, but with nothing built in between, so it is several
 * times faster and no input can make it allocate much. Each method gives `undefined`, and
 * moves on by nothing, where another type comes next; after an item that is not canonical all of them give `undefined`.
 */
export class CborReader {
  readonly #bytes: Uint8Array
  #at = 0

  constructor(bytes: Uint8Array) {
    // A plain view, as slice() of a Buffer does not copy.
    this.#bytes = new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.length)
  }

  /** Whether all bytes are read. */
  get done(): boolean {
    return this.#at === this.#bytes.length
  }

  /** Whether `null` comes next; it is read then. */
  readNull(): boolean {
    if (this.#bytes[this.#at] !== 0xf6) return false
    this.#at++
    return true
  }

  /** Whether `true` comes next; it is read then. */
  readTrue(): boolean {
    if (this.#bytes[this.#at] !== 0xf5) return false
    this.#at++
    return true
  }

  /** A non-negative safe integer. */
  uint(): number | undefined {
    return this.#argument(0x00)
  }

  /** The number of items of an array; they come next. */
  array(): number | undefined {
    return this.#argument(0x80)
  }

  /** A byte string, copied. */
  bytes(): Uint8Array | undefined {
    return this.#payload(0x40)?.slice()
  }

  /** A byte string as it lies in the input: for what is long and soon done with. */
  view(): Uint8Array | undefined {
    return this.#payload(0x40)
  }

  /** A text string of valid UTF-8. */
  text(): string | undefined {
    const bytes = this.#payload(0x60)
    return bytes && (fromUtf8(bytes) ?? this.#fail())
  }

  #payload(major: number): Uint8Array | undefined {
    const length = this.#argument(major)
    if (length === undefined) return undefined
    if (length > this.#bytes.length - this.#at) return this.#fail()
    const start = this.#at
    this.#at += length
    return this.#bytes.subarray(start, this.#at)
  }

  /** The argument of an initial byte of this major type, in its shortest form (RFC 8949 §3, §4.2.1). */
  #argument(major: number): number | undefined {
    const initial = this.#bytes[this.#at]
    if (initial === undefined || (initial & 0xe0) !== major) return undefined
    const info = initial & 0x1f
    this.#at++
    if (info < 24) return info
    if (info > 27) return this.#fail()
    const size = 1 << (info - 24)
    let value = 0
    for (let i = 0; i < size; i++) value = value * 256 + (this.#bytes[this.#at++] ?? Number.NaN)
    const smallest = info === 24 ? 24 : 2 ** (size * 4)
    return value >= smallest && Number.isSafeInteger(value) ? value : this.#fail()
  }

  /** Leaves the reader where nothing can be read and nothing is done. */
  #fail(): undefined {
    this.#at = Number.POSITIVE_INFINITY
  }
}
