import { directoryProtocol } from '../directory/index.ts'
import { helloProtocol } from '../admission/index.ts'
import { kademliaProtocol } from '../finding/index.ts'
import { MAX_INBOUND_STREAMS } from '../limits.ts'
import { syncProtocol } from '../sync/index.ts'
import type { Clause } from './clause.ts'
import { must, NotTried } from './verdicts.ts'
import { ANSWER_MS } from './conversation.ts'
import { encodeRequest } from '@p2p-docstore/core'
import { helloTo, readResponse } from './sync-talk.ts'

/** Addresses that a peer may tell. */
const MAX_ADDRESSES = 32

/** Names that a peer has to list, by its role. */
function namesOf(net: string, role: 'relay' | 'peer' | undefined): readonly string[] {
  const all = [helloProtocol(net), `/docstore/${net}/id/1.0.0`, `/docstore/${net}/ping/1.0.0`, syncProtocol(net)]
  return role === 'relay' ? [...all, directoryProtocol(net), kademliaProtocol(net), '/libp2p/circuit/relay/0.2.0/hop'] : all
}

export const NETWORK_CLAUSES: readonly Clause[] = [
  {
    id: 'identify',
    section: 'network §2.3',
    rule: 'says who it is, with its public key, in 32 KiB at most',
    binds: 'all',
    look: async (examination) => {
      const { visitor, connection } = await examination.guest()
      // The library refuses a message that has no key, or another's.
      const { protocols, listenAddrs, agentVersion } = await visitor.libp2p.services.identify.identify(connection, {
        signal: AbortSignal.timeout(ANSWER_MS),
      })
      examination.protocols = protocols
      must(listenAddrs.length <= MAX_ADDRESSES, `it tells ${listenAddrs.length} addresses`)
      return `${agentVersion ?? 'no agent'}, ${protocols.length} protocols, ${listenAddrs.length} addresses`
    },
  },
  {
    id: 'protocols',
    section: 'network §2',
    rule: 'lists the protocols that it must speak',
    binds: 'all',
    look: async ({ protocols, networkId, role }) => {
      if (protocols.length === 0) throw new NotTried('it does not say which it speaks')
      const missing = namesOf(networkId, role).filter((name) => !protocols.includes(name))
      must(missing.length === 0, `it does not list ${missing.join(', ')}`)
      return 'all are there'
    },
  },
  {
    id: 'ping',
    section: 'network §2',
    rule: 'answers a ping',
    binds: 'all',
    look: async (examination) => {
      const { visitor, connection } = await examination.guest()
      const ms = await visitor.libp2p.services.ping.ping(connection.remotePeer, { signal: AbortSignal.timeout(ANSWER_MS) })
      return `answered in ${Math.round(ms)} ms`
    },
  },
  {
    id: 'stream-limit',
    section: 'network §5',
    rule: `serves ${MAX_INBOUND_STREAMS} sync streams of one connection, and resets further ones`,
    binds: 'advice',
    look: async (examination) => {
      const { visitor, connection } = await examination.guest()
      const hello = encodeRequest(helloTo(examination.networkId))
      const streams = []
      for (let index = 0; index < MAX_INBOUND_STREAMS; index++) {
        const stream = await visitor.open(connection, syncProtocol(examination.networkId))
        must(readResponse(await stream.ask(hello)).t === 'hello', `stream ${index + 1} was not greeted`)
        streams.push(stream)
      }
      const further = await visitor.open(connection, syncProtocol(examination.networkId)).catch(() => undefined)
      if (further !== undefined) {
        await further.write(hello).catch(() => undefined)
        must((await further.ending(5000)) === 'reset', 'one stream more is served too')
      }
      for (const stream of streams) must((await stream.ending(0)) === 'open', 'the streams that were there ended with it')
      return 'one more was reset'
    },
  },
]
