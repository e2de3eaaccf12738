import type { Connection } from '@libp2p/interface'
import { errorCode, type Network } from '@p2p-docstore/core'
import type { Misdeed } from '../misconduct.ts'
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
}

/**
 * Asks the connected relays who keeps a namespace, all at once; resolves with peer ids of relays. How those are reached is in the directory then. A
 * relay that does not answer is left out.
 */
export async function findRelays(
  ns: string,
  connections: readonly Connection[],
  { network, directory, onMisdeed }: FindRelaysInit,
  signal: AbortSignal,
): Promise<readonly string[]> {
  const ask = async (connection: Connection): Promise<readonly string[]> => {
    const asked = connection.remotePeer.toString()
    const found: string[] = []
    try {
      const { relays } = await askFind(connection, network.id, ns, signal)
      const entries = relays.map((packed) => ({ kind: 'peer', packed }) as const)
      await addAll(directory, entries, asked, (misdeed) => onMisdeed(asked, misdeed))
      for (const one of entries) {
        const entry = await readEntry(one, network, Date.now())
        if (entry.ok && entry.value.kind === 'peer' && entry.value.isRelay) found.push(entry.value.peer)
      }
    } catch (error) {
      // It has just left, or takes too long; the others may know.
      if (errorCode(error) === 'bad-response') onMisdeed(asked, 'malformed')
    }
    return found
  }
  return [...new Set((await Promise.all(connections.map(ask))).flat())]
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
