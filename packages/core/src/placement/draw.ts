/** Bits behind the binary point of a logarithm. */
const FRACTION_BITS = 20
/** Bits of a mantissa, the leading 1 included: its square has 52, which every number of JavaScript holds exactly. */
const MANTISSA_BITS = 26

/** 2 as the square of a mantissa. */
const TWO: number = 2 ** (2 * MANTISSA_BITS - 1)

/** Bytes of a draw. */
export const DRAW_BYTES = 8

/**
 * −log₂(u) of a draw u = x / 2⁶⁴ in units of 2⁻²⁰, where x are 8 bytes, big-endian, and 1 in place of 0. An integer from 1 to 64·2²⁰, computed by
 * integers alone (bit by bit, by squaring), so that it is the same on every machine and in every language.
 */
export function drawCost(bytes: Uint8Array, offset = 0): number {
  const view = new DataView(bytes.buffer, bytes.byteOffset + offset, DRAW_BYTES)
  const [high, low] = [view.getUint32(0), view.getUint32(4)]
  if (high === 0 && low === 0) return 64 * 2 ** FRACTION_BITS
  const zeros = high === 0 ? Math.clz32(low) : Math.clz32(high)
  const first32 = high === 0 ? (low << zeros) >>> 0 : zeros === 0 ? high : ((high << zeros) | (low >>> (32 - zeros))) >>> 0
  let mantissa = first32 >>> (32 - MANTISSA_BITS)
  let log = (high === 0 ? 31 : 63) - zeros
  for (let bit = 0; bit < FRACTION_BITS; bit++) {
    const square = mantissa * mantissa
    const isTwoOrMore = square >= TWO
    mantissa = Math.floor(square * (isTwoOrMore ? 2 ** -MANTISSA_BITS : 2 ** (1 - MANTISSA_BITS)))
    log = 2 * log + (isTwoOrMore ? 1 : 0)
  }
  return 64 * 2 ** FRACTION_BITS - log
}
