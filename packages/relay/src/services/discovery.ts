import { gauge } from '../metrics.ts'
import type { Service } from './service.ts'

/** Who keeps which namespace: asked of other relays by Kademlia, and noted of the peers that are connected. */
export const discovery: Service = {
  name: 'discovery',
  about: 'says who keeps a namespace',
  start: ({ store }) => {
    const known = (): number => store.libp2p?.services.kademlia?.size ?? 0
    return {
      metrics: () => [gauge('docstore_kademlia_relays', 'Relays that can be asked who keeps a namespace', known())],
      health: () => ({ ok: true, relays: known() }),
    }
  },
}
