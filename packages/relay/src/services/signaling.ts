import { gauge, counter } from '../metrics.ts'
import { numberOf } from './setting-value.ts'
import type { Service } from './service.ts'

/** Places at this relay, through which peers that cannot be dialled are reached and find a direct way to each other. */
export const signaling: Service = {
  name: 'signaling',
  about: 'helps browsers to reach each other',
  settings: { places: { kind: 'whole', min: 1, max: 2000, default: 2000, about: 'peers that others can reach through this relay' } },
  open: ({ places }) => ({ limits: { places: numberOf(places) } }),
  start: ({ store }) => {
    const places = store.libp2p?.services.places
    return {
      metrics: () => [
        gauge('docstore_reservations', 'Peers that others can reach through this relay', places?.taken ?? 0),
        counter('docstore_reservations_refused_total', 'Requests to be reached through this relay that found no room', places?.refused ?? 0),
      ],
      health: () => ({ ok: places !== undefined, taken: places?.taken ?? 0 }),
    }
  },
}
