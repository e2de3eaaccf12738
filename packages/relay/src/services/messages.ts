import { DEFAULT_LIMITS } from 'p2p-docstore'
import { gauge } from '../metrics.ts'
import { numberOf } from './setting-value.ts'
import type { Service } from './service.ts'

/** Messages of topics, passed on to all who are subscribed at this relay. */
export const messages: Service = {
  name: 'messages',
  about: 'passes on the messages of topics',
  settings: {
    topicsPerPeer: {
      kind: 'whole',
      min: 1,
      max: 1000,
      default: DEFAULT_LIMITS.topicsPerPeer,
      about: 'topics that are passed on because of one peer',
    },
  },
  open: ({ topicsPerPeer }) => ({ limits: { topicsPerPeer: numberOf(topicsPerPeer) } }),
  start: ({ store }) => {
    const topics = (): number => store.libp2p?.services.pubsub.getTopics().filter((topic) => topic.includes('/topic/')).length ?? 0
    return {
      metrics: () => [gauge('docstore_topics', 'Topics in which this relay takes part', topics())],
      health: () => ({ ok: true, topics: topics() }),
    }
  },
}
