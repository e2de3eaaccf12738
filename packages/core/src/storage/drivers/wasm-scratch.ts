import type { Sqlite3Static } from '@sqlite.org/sqlite-wasm'
import type { SqlValue } from './driver.ts'

/** What most statements' parameters fit into, bytes: a document of the largest size, counted at three bytes per character. */
const INITIAL_BYTES = 512 * 1024

/** UTF-8 bytes per UTF-16 unit, at most. */
const MAX_UTF8_PER_UNIT = 3

const encoder = new TextEncoder()

/** Memory within WebAssembly for the parameters of the one statement that runs. Used again for the next, so that nothing is allocated per call. */
export class WasmScratch {
  readonly #wasm: Sqlite3Static['wasm']
  #start = 0
  #size = 0
  #used = 0

  constructor(wasm: Sqlite3Static['wasm']) {
    this.#wasm = wasm
  }

  /** Forgets what lies here and makes room for these values. */
  begin(values: readonly SqlValue[]): void {
    let bytes = 1
    for (const value of values) {
      if (typeof value === 'string') bytes += value.length * MAX_UTF8_PER_UNIT
      else if (value instanceof Uint8Array) bytes += value.length
    }
    this.#used = 0
    if (bytes <= this.#size) return
    this.free()
    const size = Math.max(bytes, INITIAL_BYTES)
    this.#start = this.#wasm.alloc(size)
    this.#size = size
  }

  /** Copies a value in, and tells where it starts and how many bytes it has. */
  add(value: string | Uint8Array): { readonly pointer: number; readonly bytes: number } {
    const pointer = this.#start + this.#used
    // The heap is another one after it has grown, so it is looked up every time.
    const free = this.#wasm.heap8u().subarray(pointer, this.#start + this.#size)
    let bytes = value.length
    if (typeof value === 'string') bytes = encoder.encodeInto(value, free).written
    else free.set(value)
    this.#used += bytes
    return { pointer, bytes }
  }

  /** Copies bytes out. */
  read(pointer: number, bytes: number): Uint8Array {
    return this.#wasm.heap8u().slice(pointer, pointer + bytes)
  }

  /** Bytes where they lie, good until the next call into SQLite. */
  view(pointer: number, bytes: number): Uint8Array {
    return this.#wasm.heap8u().subarray(pointer, pointer + bytes)
  }

  free(): void {
    if (this.#size > 0) this.#wasm.dealloc(this.#start)
    this.#size = 0
  }
}
