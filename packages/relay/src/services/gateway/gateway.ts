import type { FastifyInstance } from 'fastify'
import type { Metric } from '../../metrics.ts'
import type { Service } from '../service.ts'
import { documentRoutes } from './document-routes.ts'

/** Documents and files over HTTP, to read. */
export const gateway: Service<FastifyInstance> = {
  name: 'gateway',
  about: 'serves documents and files over HTTP, to read',
  needs: ['storage'],
  // Over HTTP nobody shows an invitation.
  fits: (network) => network.admission === 'open',
  start: async ({ http, store }) => {
    const answered = new Map<number, number>()
    http.addHook('onResponse', async (_request, { statusCode }) => void answered.set(statusCode, (answered.get(statusCode) ?? 0) + 1))
    await documentRoutes(http, { store })
    return {
      metrics: (): readonly Metric[] => [
        {
          name: 'docstore_gateway_answers_total',
          help: 'Requests for documents and files over HTTP that were answered, by status',
          type: 'counter',
          values: [...answered].map(([status, count]) => [`{status="${status}"}`, count]),
        },
      ],
      health: () => ({ ok: true }),
    }
  },
}
