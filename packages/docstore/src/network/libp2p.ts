import { gossipsub, type GossipSub } from '@libp2p/gossipsub'
import { identify, identifyPush } from '@libp2p/identify'
import type { Libp2p, PrivateKey } from '@libp2p/interface'
import { FaultTolerance } from '@libp2p/interface'
import { keychain } from '@libp2p/keychain'
import { noise } from '@libp2p/noise'
import { ping } from '@libp2p/ping'
import { yamux } from '@libp2p/yamux'
import type { Replica } from '@p2p-docstore/core'
import { MetaDatastore } from './meta-datastore.ts'
import { MAX_MESSAGE_BYTES } from './limits.ts'

/** libp2p with our services. */
export type DocstoreLibp2p = Libp2p<{ pubsub: GossipSub }>

/** What a browser, a Node peer and a relay have in common. Every protocol name carries the network's id: networks never mix. */
export function commonOptions(replica: Replica, networkId: string, privateKey: PrivateKey) {
  const protocolPrefix = `docstore/${networkId}`
  return {
    privateKey,
    datastore: new MetaDatastore(replica),
    connectionEncrypters: [noise()],
    streamMuxers: [yamux()],
    transportManager: { faultTolerance: FaultTolerance.NO_FATAL },
    connectionMonitor: { protocolPrefix },
    services: {
      // Keeps the WebRTC certificate across restarts, together with the datastore.
      keychain: keychain(),
      identify: identify({ protocolPrefix }),
      identifyPush: identifyPush({ protocolPrefix }),
      ping: ping({ protocolPrefix }),
      pubsub: gossipsub({
        allowPublishToZeroTopicPeers: true,
        fallbackToFloodsub: false,
        maxInboundDataLength: 4 * MAX_MESSAGE_BYTES,
        // By default every peer behind one address is silenced from the fifteenth on.
        scoreParams: { IPColocationFactorWeight: 0 },
      }),
    },
  }
}
