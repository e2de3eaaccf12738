import { gauge } from '../metrics.ts'
import type { Service } from './service.ts'

/** Who is in the network, by the signed descriptors of relays and of peers that wish to be listed. */
export const directory: Service = {
  name: 'directory',
  about: 'says who is in the network',
  start: ({ store }) => ({
    metrics: async () => {
      const listed = await store.directory()
      const relays = listed.filter(({ role }) => role === 'relay').length
      return [
        gauge('docstore_listed_relays', 'Relays that the directory lists, this one among them', relays),
        gauge('docstore_listed_peers', 'Peers that the directory lists and that are no relays', listed.length - relays),
      ]
    },
    health: () => ({ ok: true }),
  }),
}
