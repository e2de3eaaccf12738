import { DocstoreError, errorMessage, isRecordLike } from '@p2p-docstore/core'

/** Refuses options that a method does not know: one that is spelt wrong must not be taken for one that was not given. Throws `bad-option`. */
export function checkOptions<T extends object>(options: T, known: readonly (keyof T & string)[], method: string): void {
  if (!isRecordLike(options)) throw badOption(`The options of ${method} are an object, such as { ${known[0]}: … }`)
  const unknown = Object.keys(options).filter((name) => !known.some((one) => one === name))
  if (unknown.length === 0) return
  const names = unknown.map((name) => JSON.stringify(name.slice(0, 80))).join(', ')
  throw badOption(`${method} has no option ${names}. It knows ${known.toSorted().join(', ')}`)
}

/** Refuses limits that mean nothing; gives `undefined` for none. Throws `bad-limit`. */
export function checkedLimit(limit: number | undefined): number | undefined {
  if (limit === undefined || limit === Number.POSITIVE_INFINITY) return undefined
  if (Number.isSafeInteger(limit) && limit > 0) return limit
  throw new DocstoreError('bad-limit', `limit is a whole number from 1 on, not ${shown(limit)}. Leave it out for no limit`)
}

/** Refuses to pass over a number of documents that is none. Throws `bad-option`. */
export function checkedSkip(skip: number | undefined): number {
  if (skip === undefined) return 0
  if (Number.isSafeInteger(skip) && skip >= 0) return skip
  throw badOption(`skip is a whole number from 0 on, not ${shown(skip)}`)
}

function badOption(message: string): DocstoreError {
  return new DocstoreError('bad-option', message)
}

/** Whatever it is, as text for a message. */
function shown(value: unknown): string {
  if (typeof value === 'number') return String(value)
  try {
    return JSON.stringify(value)?.slice(0, 80) ?? typeof value
  } catch (error) {
    return errorMessage(error)
  }
}
