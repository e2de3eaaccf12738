import type { Replica } from '@p2p-docstore/core'
import { TopicCounts } from '../network/topics/index.ts'
import type { Network } from '../network/types.ts'
import { peerService } from '../rpc/remote.ts'
import { type Port, serve, type Service } from '../rpc/rpc.ts'
import type { HandOverReason } from './opened.ts'
import { OtherReadings } from './other-readings.ts'

/** What the owner of the data lets others do with it. */
export interface Offer {
  readonly replica: Replica
  readonly network: Network | undefined
  readonly onHandOver: (reason: HandOverReason) => boolean
}

/** Lets another program or tab use the data over a line. */
export function serveOther(port: Port, { replica, network, onHandOver }: Offer): void {
  const service = peerService(replica, () => network)
  // What it subscribed to ends with it.
  const topics = new TopicCounts()
  port.onClose(() => topics.topics.forEach((topic) => void network?.unsubscribe(topic)))
  const readings = new OtherReadings(replica)
  port.onClose(() => readings.close())
  const call: Service['call'] = async (method, args) => {
    const [first] = args
    if (method === 'hand-over') return onHandOver(first === 'relay' || first === 'leave' ? first : 'network')
    if (method === 'network.subscribe' && !topics.add(String(first))) return undefined
    if (method === 'network.unsubscribe' && !topics.remove(String(first))) return undefined
    return readings.note(method, args, await service.call(method, args))
  }
  serve(port, { ...service, call })
}
