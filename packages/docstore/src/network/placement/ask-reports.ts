import type { Connection } from '@libp2p/interface'
import type { RelaySectorsReport } from '../types.ts'
import { StatusAsker } from './ask-status.ts'

/** Asks relays how all sectors stand there. One that does not answer, such as one that keeps nothing, is left out. */
export async function askReports(relays: readonly Connection[], networkId: string, signal: AbortSignal): Promise<readonly RelaySectorsReport[]> {
  const answers = await Promise.allSettled(
    relays.map(async (relay) => ({ peer: relay.remotePeer.toString(), ...(await new StatusAsker(relay, networkId).report(signal)) })),
  )
  return answers.flatMap((answer) => (answer.status === 'fulfilled' ? [answer.value] : []))
}
