import { DocstoreError } from '@p2p-docstore/core'
import { type Docstore, formatJoinLink, type Invitation, knownOrigins, readNetwork } from 'p2p-docstore'
import type { Context } from './context.ts'
import { REACH_TIMEOUT_MS } from './limits.ts'

/** Relays that a join link names. */
const MAX_RELAYS = 4

/** The join link of the network of a store, through relays that it knows, four at most. Throws `no-relay`. */
export async function joinLinkOf(
  { settings: { timeoutMs }, signal }: Context,
  store: Docstore,
  invitation?: Invitation,
): Promise<{ readonly join: string; readonly relays: readonly string[] }> {
  await store.network?.reach({ timeoutMs: Math.min(timeoutMs, REACH_TIMEOUT_MS), signal })
  const [origin, ...relays] = (await knownOrigins(store)).slice(0, MAX_RELAYS)
  if (origin === undefined)
    throw new DocstoreError(
      'no-relay',
      'A join link leads to a relay, and none is known here. Start one with `docstore relay` on this data, or join one',
    )
  const join = formatJoinLink(origin, readNetwork(store.info.network.descriptor), { relays, invitation })
  return { join, relays: [origin, ...relays] }
}
