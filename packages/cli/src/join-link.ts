import { DocstoreError } from '@p2p-docstore/core'
import { type Docstore, formatJoinLink, formatJoinText, type Invitation, knownOrigins, readNetwork } from 'p2p-docstore'
import { commandText } from './command-text.ts'
import type { Context } from './context.ts'

/** Relays that a join link names. */
const MAX_RELAYS = 4

/** Ways into the network of a store: a link for browsers, and a text for everything else. */
export interface JoinLinks {
  readonly join: string
  readonly text: string
  readonly relays: readonly string[]
}

/** The join link and the join text of the network of a store, through relays that it knows, four at most. Throws `no-relay`. */
export async function joinLinkOf({ settings, signal }: Context, store: Docstore, invitation?: Invitation): Promise<JoinLinks> {
  await store.network?.reach({ timeoutMs: settings.reachMs, signal })
  const [origin, ...relays] = (await knownOrigins(store)).slice(0, MAX_RELAYS)
  if (origin === undefined)
    throw new DocstoreError(
      'no-relay',
      `A join link leads to a relay, and none is known here. Start one with \`${commandText(settings, 'relay')}\`, or join one`,
    )
  const network = readNetwork(store.info.network.descriptor)
  const extras = { relays, invitation }
  return { join: formatJoinLink(origin, network, extras), text: formatJoinText(origin, network, extras), relays: [origin, ...relays] }
}

/** What a person reads of a way into a network; the indented command can be copied as it is. */
export function joinText({ join, text }: Pick<JoinLinks, 'join' | 'text'>): string {
  return [`In a browser:    ${join}`, `In a terminal:   docstore join ${text}`].join('\n')
}

/** A join link as a QR code takes least room: in capitals, which say the same in a host, in our path and in a join text. One with an invitation has a `#` anyway. */
export function qrText(join: string): string {
  return join.includes('#') ? join : join.toUpperCase()
}
