import type { ReactNode } from 'react'
import { shorten } from './short-names.ts'

/** Who wrote something: `you`, or the short form of an identity, with the whole of it beside. */
export function AuthorName({ by, identity }: { readonly by: string; readonly identity: string }): ReactNode {
  return <span title={by}>{by === identity ? 'you' : shorten(by.slice('did:key:'.length), 8, 6)}</span>
}
