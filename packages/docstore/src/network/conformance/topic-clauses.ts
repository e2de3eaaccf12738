import type { Visitor } from './visitor.ts'
import type { Clause } from './clause.ts'
import { must, NotTried, Unmet } from './verdicts.ts'
import { ANSWER_MS } from './conversation.ts'
import type { Examination } from './examination.ts'

/** How long a message may take, milliseconds, and how often it is sent: a relay joins a topic with its next heartbeat. */
const TOPIC_MS = 15_000
const AGAIN_MS = 500

async function member(examination: Examination): Promise<Visitor> {
  const visitor = await examination.visitor({ topics: true })
  const connection = await visitor.visit()
  await visitor.libp2p.services.identify.identify(connection, { signal: AbortSignal.timeout(ANSWER_MS) })
  return visitor
}

export const TOPIC_CLAUSES: readonly Clause[] = [
  {
    id: 'gossip-name',
    section: 'network §4',
    rule: 'speaks GossipSub by its usual names',
    binds: 'relays',
    look: async ({ protocols }) => {
      const names = protocols.filter((name) => name.startsWith('/meshsub/'))
      must(names.length > 0, 'it lists none of /meshsub/1.2.0, 1.1.0 and 1.0.0')
      return names.join(', ')
    },
  },
  {
    id: 'topic',
    section: 'network §4',
    rule: 'passes a message of a topic on from one peer to another',
    binds: 'relays',
    look: async (examination) => {
      if (!examination.protocols.some((name) => name.startsWith('/meshsub/'))) throw new NotTried('it does not speak GossipSub')
      const topic = `/docstore/${examination.networkId}/topic/conformance ${Math.random().toString(36).slice(2)}`
      const [reader, writer] = [await member(examination), await member(examination)]
      const [inbox, outbox] = [reader.libp2p.services.pubsub, writer.libp2p.services.pubsub]
      if (inbox === undefined || outbox === undefined) throw new Error('there is no GossipSub')
      inbox.subscribe(topic)
      const began = performance.now()
      const arrived = new Promise<void>((resolve) => inbox.addEventListener('message', ({ detail }) => detail.topic === topic && resolve()))
      const sending = setInterval(() => {
        // Nobody may be there yet.
        outbox.publish(topic, new TextEncoder().encode('conformance')).catch(() => undefined)
      }, AGAIN_MS)
      const late = Promise.withResolvers<never>()
      const timer = setTimeout(() => late.reject(new Unmet(`nothing has arrived within ${TOPIC_MS / 1000} s`)), TOPIC_MS)
      try {
        await Promise.race([arrived, late.promise])
      } finally {
        clearInterval(sending)
        clearTimeout(timer)
      }
      return `after ${Math.round(performance.now() - began)} ms`
    },
  },
]
