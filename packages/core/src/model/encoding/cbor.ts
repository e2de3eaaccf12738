import * as dagCbor from '@ipld/dag-cbor'
import { equalBytes } from '../bytes.ts'
import { accept, refuse, type Verdict } from '../verdict.ts'

/** Deterministic dag-cbor of a structure of ours, in memory of its own. */
export function encodeCbor(value: unknown): Uint8Array<ArrayBuffer> {
  // In Node the encoder gives a view on Buffer's shared pool; what is handed out must be safe to keep and to transfer.
  const bytes = dagCbor.encode(value)
  return bytes.constructor === Uint8Array && bytes.byteLength === bytes.buffer.byteLength ? (bytes as Uint8Array<ArrayBuffer>) : new Uint8Array(bytes)
}

/**
 * Decodes one dag-cbor item of at most `maxBytes`, strictly: bytes that are not the one encoding of what they hold are `malformed`, as are those
 * that hold nothing. Libraries differ in what they read, so a word of its own for the first could not be given alike.
 */
export function decodeCbor(bytes: Uint8Array, maxBytes: number): Verdict<unknown> {
  if (bytes.length > maxBytes) return refuse('too-large')
  try {
    const value: unknown = dagCbor.decode(bytes)
    return equalBytes(dagCbor.encode(value), bytes) ? accept(value) : refuse('malformed')
  } catch {
    return refuse('malformed')
  }
}

/** The value as a plain object with exactly the required keys and possibly the optional ones, else `undefined`. */
export function asStruct(
  value: unknown,
  required: readonly string[],
  optional: readonly string[] = [],
): Readonly<Record<string, unknown>> | undefined {
  if (typeof value !== 'object' || value === null || Array.isArray(value) || value instanceof Uint8Array) return undefined
  const struct = value as Readonly<Record<string, unknown>>
  let found = 0
  for (const key of Object.keys(struct)) {
    if (required.includes(key)) found++
    else if (!optional.includes(key)) return undefined
  }
  return found === required.length ? struct : undefined
}

/** The fields of a structure of ours: type `t`, version 1, and exactly these names beside. */
export function readStruct(
  value: unknown,
  t: string,
  required: readonly string[],
  optional: readonly string[] = [],
): Verdict<Readonly<Record<string, unknown>>> {
  if (typeof value !== 'object' || value === null || !('t' in value) || value.t !== t || !('v' in value) || !isUint(value.v))
    return refuse('malformed')
  if (value.v !== 1) return refuse('unsupported')
  const struct = asStruct(value, ['v', 't', ...required], optional)
  return struct === undefined ? refuse('malformed') : accept(struct)
}

/** Whether a value is a byte string, of this length where one is given. */
export function isBytes(value: unknown, length?: number): value is Uint8Array {
  return value instanceof Uint8Array && (length === undefined || value.length === length)
}

/** Whether a value is a non-negative safe integer. */
export function isUint(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0
}
