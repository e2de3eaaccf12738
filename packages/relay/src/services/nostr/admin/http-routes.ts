import type { FastifyInstance } from 'fastify'

/** What clients ask for, and how admins ask (NIP-11, NIP-86). */
const INFORMATION_TYPE = 'application/nostr+json'
const ADMIN_TYPE = 'application/nostr+json+rpc'
/** Largest order of an admin, bytes. */
const MAX_ORDER_BYTES: number = 16 * 1024

/** What the routes give. */
export interface NostrRoutes {
  readonly information: () => Readonly<Record<string, unknown>>
  /** Does what an admin orders, by the header that shows who that is; gives the status and what is answered. */
  readonly order: (body: string, authorization: string | undefined) => Promise<{ readonly status: number; readonly answer: unknown }>
}

/** `/` for clients of Nostr: what the relay says of itself, where they ask for that type, and orders of admins. The page stays what everybody else gets. */
export function nostrRoutes(http: FastifyInstance, { information, order }: NostrRoutes): void {
  if (!http.hasConstraintStrategy('nostr'))
    http.addConstraintStrategy({
      name: 'nostr',
      storage: () => {
        const handlers = new Map<unknown, unknown>()
        return {
          get: (value: unknown) => handlers.get(value) ?? null,
          set: (value: unknown, handler: unknown) => void handlers.set(value, handler),
        } as never
      },
      deriveConstraint: ({ method, headers }) => {
        if (method === 'OPTIONS') return true
        const type = method === 'POST' ? headers['content-type'] : headers.accept
        return type?.includes(INFORMATION_TYPE) === true ? true : undefined
      },
      validate: () => undefined,
    })
  const constraints = { nostr: true } as const
  http.addHook('onRequest', async (_request, reply) => {
    void reply
      .header('access-control-allow-origin', '*')
      .header('access-control-allow-headers', 'accept, authorization, content-type')
      .header('access-control-allow-methods', 'GET, POST, OPTIONS')
      .header('vary', 'accept')
  })
  http.addContentTypeParser(ADMIN_TYPE, { parseAs: 'string', bodyLimit: MAX_ORDER_BYTES }, (_request, body, done) => done(null, body))
  http.route({
    method: 'GET',
    url: '/',
    constraints,
    handler: async (_request, reply) =>
      reply.type(`${INFORMATION_TYPE}; charset=utf-8`).header('cache-control', 'no-cache').send(JSON.stringify(information())),
  })
  http.route({ method: 'OPTIONS', url: '/', constraints, handler: async (_request, reply) => reply.status(204).send() })
  http.route({
    method: 'POST',
    url: '/',
    constraints,
    bodyLimit: MAX_ORDER_BYTES,
    handler: async (request, reply) => {
      const { status, answer } = await order(typeof request.body === 'string' ? request.body : '', request.headers.authorization)
      return reply.status(status).type('application/json').send(answer)
    },
  })
}
