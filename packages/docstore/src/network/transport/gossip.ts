import { type GossipSub, gossipsub, type GossipSubComponents } from '@libp2p/gossipsub'
import { toHex } from '@p2p-docstore/core'
import { MAX_CONNECTIONS, MAX_MESSAGE_BYTES } from '../limits.ts'
import { gossipId } from './gossip-id.ts'

/** A relay passes each message of a topic on to everyone in it: who knows nobody else may otherwise never get it. */
const RELAY_MESH = { D: MAX_CONNECTIONS, Dlo: MAX_CONNECTIONS, Dhi: MAX_CONNECTIONS }

/** GossipSub, which carries the messages of topics and what is new in the directory. */
export function gossip(isRelay: boolean): (components: GossipSubComponents) => GossipSub {
  return gossipsub({
    allowPublishToZeroTopicPeers: true,
    fallbackToFloodsub: false,
    maxInboundDataLength: 4 * MAX_MESSAGE_BYTES,
    msgIdFn: gossipId,
    // Messages come from several peers; without this, the signature of each copy would be checked.
    fastMsgIdFn: ({ signature }) => (signature === undefined ? '' : toHex(signature)),
    // By default every peer behind one address is silenced from the fifteenth on.
    scoreParams: { IPColocationFactorWeight: 0 },
    ...(isRelay ? RELAY_MESH : {}),
  })
}
