import { equalBytes } from './bytes.ts'

interface Entry<V> {
  readonly key: Uint8Array
  value: V
  readonly next: Entry<V> | undefined
}

/** A map by short bytes of one length, such as keys and digests: in a fraction of the time that it takes to make text of them first. */
export class BytesMap<V> {
  readonly #entries = new Map<number, Entry<V>>()
  #size = 0

  constructor(entries: Iterable<readonly [key: Uint8Array, value: V]> = []) {
    for (const [key, value] of entries) this.set(key, value)
  }

  get size(): number {
    return this.#size
  }

  get(key: Uint8Array): V | undefined {
    return this.#find(key)?.value
  }

  has(key: Uint8Array): boolean {
    return this.#find(key) !== undefined
  }

  set(key: Uint8Array, value: V): void {
    const known = this.#find(key)
    if (known !== undefined) known.value = value
    else {
      const number = numberOf(key)
      this.#size++
      this.#entries.set(number, { key, value, next: this.#entries.get(number) })
    }
  }

  #find(key: Uint8Array): Entry<V> | undefined {
    let entry = this.#entries.get(numberOf(key))
    while (entry !== undefined && !equalBytes(entry.key, key)) entry = entry.next
    return entry
  }
}

/** Gives equal bytes equal numbers, from 0 on. */
export class ByteNumbers {
  readonly #numbers = new BytesMap<number>()
  #next = 0

  of(bytes: Uint8Array): number {
    const known = this.#numbers.get(bytes)
    if (known !== undefined) return known
    this.#numbers.set(bytes, this.#next)
    return this.#next++
  }
}

/** One for each two bytes of what can be a key. Nobody knows them, so that nobody can choose keys that get equal numbers. */
const FACTORS: Uint32Array = crypto.getRandomValues(new Uint32Array(64))

/** Multilinear hashing (Lemire, Kaser, The Computer Journal 57, 2014), here modulo 2^32: equal for two different keys in one of 2^17 cases at most, whatever they are. */
function numberOf(key: Uint8Array): number {
  let sum = 0
  for (let i = 0; i < key.length; i += 2) {
    const two = (key[i] ?? 0) | ((key[i + 1] ?? 0) << 8)
    sum = (sum + Math.imul(two, FACTORS[(i >>> 1) & 63] ?? 0)) | 0
  }
  return sum
}
