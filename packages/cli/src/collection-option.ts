import { Option } from 'commander'

/** The collection that a namespace itself stands for. */
export const DEFAULT_COLLECTION = 'docs'

/** The option of every command that works in one collection. */
export function collectionOption(): Option {
  return new Option('--collection <name>', 'collection within the namespace').default(DEFAULT_COLLECTION)
}
