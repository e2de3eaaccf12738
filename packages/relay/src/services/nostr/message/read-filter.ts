import { isHex32, isTagLetter, type NostrFilter } from '@p2p-docstore/core/nostr'
import { MAX_FILTERS, MAX_SEARCH_LENGTH, MAX_VALUE_LENGTH, MAX_VALUES } from '../limits.ts'

type Mutable = { -readonly [Name in keyof NostrFilter]: NostrFilter[Name] }

/** The filters of a request, or what is wrong with them, with the prefix that NIP-01 wants. */
export function readFilters(values: readonly unknown[]): readonly NostrFilter[] | string {
  if (values.length === 0) return 'invalid: there is no filter'
  if (values.length > MAX_FILTERS) return `invalid: too many filters, ${values.length}>${MAX_FILTERS}`
  const filters: NostrFilter[] = []
  let count = 0
  for (const value of values) {
    const read = readFilter(value)
    if (typeof read === 'string') return read
    count += valuesOf(read)
    if (count > MAX_VALUES) return `invalid: too many values in filters, ${count}>${MAX_VALUES}`
    filters.push(read)
  }
  return filters
}

/** How many values a filter has. */
export function valuesOf({ ids, authors, kinds, tags = {} }: NostrFilter): number {
  const lists = [ids, authors, kinds, ...Object.values(tags)]
  return lists.reduce((sum, list) => sum + (list?.length ?? 0), 1)
}

function readFilter(value: unknown): NostrFilter | string {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return 'invalid: a filter is an object'
  const filter: Mutable = {}
  const tags: Record<string, readonly string[]> = {}
  for (const [name, one] of Object.entries(value)) {
    switch (name) {
      case 'ids':
      case 'authors': {
        if (!isListOf(one, isHex32)) return `invalid: ${name} are 64 hexadecimal digits each`
        filter[name] = unique(one)
        break
      }
      case 'kinds': {
        if (!isListOf(one, isKind)) return 'invalid: kinds are numbers from 0 to 65535'
        filter.kinds = unique(one)
        break
      }
      case 'since':
      case 'until':
      case 'limit': {
        if (!isWhole(one)) return `invalid: ${name} is a whole number`
        filter[name] = one
        break
      }
      case 'search': {
        if (typeof one !== 'string' || one.length > MAX_SEARCH_LENGTH) return `invalid: search is a text of ${MAX_SEARCH_LENGTH} characters at most`
        // An empty search, which some clients always send, is none.
        if (one.trim() !== '') filter.search = one
        break
      }
      default: {
        // What would be passed over would give more than was asked for.
        if (name[0] !== '#' || !isTagLetter(name.slice(1))) return `unsupported: filters have no ${JSON.stringify(name.slice(0, 40))} here`
        if (!isListOf(one, isTagValue)) return `invalid: ${name} are texts of ${MAX_VALUE_LENGTH} characters at most`
        tags[name.slice(1)] = unique(one)
      }
    }
  }
  if (Object.keys(tags).length > 0) filter.tags = tags
  return filter
}

function isListOf<T>(value: unknown, is: (one: unknown) => one is T): value is readonly T[] {
  return Array.isArray(value) && value.length <= MAX_VALUES && value.every(is)
}

function unique<T>(values: readonly T[]): readonly T[] {
  return values.length < 2 ? values : [...new Set(values)]
}

function isWhole(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0
}

function isKind(value: unknown): value is number {
  return isWhole(value) && value <= 65_535
}

function isTagValue(value: unknown): value is string {
  return typeof value === 'string' && value.length <= MAX_VALUE_LENGTH
}
