import type { Connection } from '@libp2p/interface'
import { errorCode, type Network } from '@p2p-docstore/core'
import type { Misdeed } from '../admission/index.ts'
import type { Directory } from './directory.ts'
import { askFind } from './directory-protocol.ts'
import { readEntry } from './entry.ts'
import { addAll } from './exchanging.ts'
import { MAX_FOUND_RELAYS } from './limits.ts'

/** What asking relays takes. */
export interface FindRelaysInit {
  readonly network: Network
  readonly directory: Directory
  /** Called with what no honest peer sends. */
  readonly onMisdeed: (peer: string, misdeed: Misdeed) => void
  /** Wall clock, Unix milliseconds. */
  readonly now: number
}

/**
 * Asks a connected relay who keeps a namespace; resolves with peer ids of relays, none where it does not answer. How those are reached is in the
 * directory then.
 */
export async function findRelays(
  ns: string,
  connection: Connection,
  { network, directory, onMisdeed, now }: FindRelaysInit,
  signal: AbortSignal,
): Promise<readonly string[]> {
  const asked = connection.remotePeer.toString()
  const found = new Set<string>()
  try {
    const { relays } = await askFind(connection, network.id, ns, signal)
    const entries = relays.map((packed) => ({ kind: 'peer', packed }) as const)
    await addAll(directory, entries, asked, (misdeed) => onMisdeed(asked, misdeed))
    for (const one of entries) {
      const entry = await readEntry(one, network, now)
      if (entry.ok && entry.value.kind === 'peer' && entry.value.isRelay) found.add(entry.value.peer)
    }
  } catch (error) {
    // It has just left, or takes too long; the others may know.
    if (errorCode(error) === 'bad-response') onMisdeed(asked, 'malformed')
  }
  return [...found]
}

/** Packed descriptors of these peers, as an answer has them: those that the directory knows to be relays. */
export function relayDescriptors(peers: readonly string[], directory: Directory): readonly Uint8Array[] {
  return peers
    .flatMap((peer) => {
      const entry = directory.peer(peer)
      return entry?.isRelay === true ? [entry.packed] : []
    })
    .slice(0, MAX_FOUND_RELAYS)
}
