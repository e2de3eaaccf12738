import { authorOfDid, DocstoreError, type NameAuthorities } from '@p2p-docstore/core'
import { Option } from 'commander'
import { wholeNumber } from './settings.ts'

/** What was given of who grants usernames: `true` for this identity alone. */
export interface NamesOptions {
  readonly names?: true | string
  readonly namesQuorum?: number
}

/** Options of commands that make a network. */
export function namesOptions(): readonly Option[] {
  return [
    new Option(
      '--names [dids]',
      'it has usernames, granted by this identity, or by these ones, with commas between them; for good. Without it, it has none of its own',
    ),
    new Option('--names-quorum <n>', 'how many of them a username takes (default: more than half)').argParser(wholeNumber(1, 16)),
  ]
}

/** Who grants usernames; `undefined` where nobody does. Throws `bad-identity`, `usage`. */
export function nameAuthorities({ names, namesQuorum }: NamesOptions): 'own' | NameAuthorities | undefined {
  if (names === undefined || names === true) {
    if (namesQuorum !== undefined) throw new DocstoreError('usage', '--names-quorum goes with --names DID,DID,…')
    return names && 'own'
  }
  const authorities = names.split(',').map(keyOf)
  const quorum = namesQuorum ?? Math.floor(authorities.length / 2) + 1
  if (quorum > authorities.length)
    throw new DocstoreError('usage', `--names-quorum is at most the number of identities behind --names, ${authorities.length}`)
  return { authorities, quorum }
}

/** The key of an identity. Throws `bad-identity`. */
export function keyOf(did: string): Uint8Array {
  const author = authorOfDid(did.trim())
  if (author === undefined)
    throw new DocstoreError(
      'bad-identity',
      `${JSON.stringify(did.slice(0, 80))} is no identity. \`docstore id\` shows it; it looks like did:key:z6Mk…`,
    )
  return author
}
