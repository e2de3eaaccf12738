import type { NostrFilter } from '@p2p-docstore/core/nostr'
import { readFilters } from '@p2p-docstore/relay'
import { InvalidArgumentError, Option } from 'commander'
import { parseFilterArgument } from '../json-argument.ts'

/** `--filter JSON`, as NIP-01 has filters. */
export function filterOption(): Option {
  return new Option('--filter <json>', 'of all events those that match, as \'{"kinds":[1],"#t":["nostr"]}\'').argParser(parseNostrFilter)
}

function parseNostrFilter(text: string): NostrFilter {
  const read = readFilters([parseFilterArgument(text)])
  if (typeof read === 'string') throw new InvalidArgumentError(`${read.replace(/^\w+: /, '')}.`)
  return read[0] ?? {}
}
