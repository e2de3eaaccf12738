import { DocstoreError } from '../errors.ts'
import { MAX_SPLIT } from '../model/limits.ts'

/** How often a namespace of so many parts is halved; `undefined` for one part. Throws `bad-split` for a number that it cannot have. */
export function splitOfParts(parts: unknown): number | undefined {
  const split = typeof parts === 'number' ? Math.log2(parts) : Number.NaN
  if (!Number.isInteger(split) || split < 0 || split > MAX_SPLIT) throw badSplit(1)
  return split === 0 ? undefined : split
}

/** The error of a number of parts that a namespace cannot have which has so many already. */
export function badSplit(parts: number): DocstoreError {
  const all = Array.from({ length: MAX_SPLIT + 1 }, (_, split) => 2 ** split).filter((one) => one >= parts)
  const least = parts === 1 ? '' : `; this one has ${parts} already, and never has less`
  return new DocstoreError('bad-split', `A namespace is split in ${all.join(', ')} parts${least}`)
}
