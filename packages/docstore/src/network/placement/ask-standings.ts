import type { Connection } from '@libp2p/interface'
import { toHex } from '@p2p-docstore/core'
import { StatusAsker } from './ask-status.ts'
import type { Standing } from './messages.ts'

/** Asks relays how a sector stands there, and at others of which they heard. What each says of itself comes first: it knows best. */
export async function askStandings(
  relays: readonly Connection[],
  sector: number,
  { networkId, keyOf }: { readonly networkId: string; readonly keyOf: (peer: string) => string | undefined },
  signal: AbortSignal,
): Promise<readonly Standing[]> {
  const askOne = async (relay: Connection): Promise<readonly (Standing & { readonly isOwn: boolean })[]> => {
    try {
      const key = keyOf(relay.remotePeer.toString())
      const told = await new StatusAsker(relay, networkId).where(sector, signal)
      return told.map((one) => ({ ...one, isOwn: toHex(one.by) === key }))
    } catch {
      // One of a former release, or that has just left, keeps nothing from the others.
      return []
    }
  }
  const all = (await Promise.all(relays.map(askOne))).flat()
  return [...all.filter(({ isOwn }) => isOwn), ...all.filter(({ isOwn }) => !isOwn)]
}
